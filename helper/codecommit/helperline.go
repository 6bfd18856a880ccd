package codecommit

import (
	"path"
	"strings"
)

// HelperProfile is the --profile of a credential.helper that runs this program, as HelperCommand writes it or as a person
// does; ours is false for any other helper.
func HelperProfile(value string) (profile string, ours bool) {
	command, isShell := strings.CutPrefix(value, "!")
	words := shellWords(command)
	if len(words) == 0 {
		return "", false
	}
	name := strings.TrimSuffix(path.Base(strings.ReplaceAll(words[0], `\`, "/")), ".exe")
	switch {
	case name == "git-credential-credmint":
	case name == "credmint" && len(words) > 1 && words[1] == "git":
	case words[0] == "credmint" && !isShell: // short for git-credential-credmint
	default:
		return "", false
	}
	for i, word := range words {
		if given, ok := strings.CutPrefix(word, "--profile="); ok {
			return given, true
		}
		if word == "--profile" && i+1 < len(words) {
			return words[i+1], true
		}
	}
	return "", true
}

// HelperProgram is the program that git runs for a credential.helper: a path, or a name to be found on PATH or among git's
// own programs. known is false for what only sh can tell, and for the empty value, which resets the list.
// See https://git-scm.com/docs/gitcredentials#Documentation/gitcredentials.txt-helper.
func HelperProgram(value string) (name string, known bool) {
	command, isShell := strings.CutPrefix(value, "!")
	words := shellWords(command)
	switch {
	case len(words) == 0 || strings.ContainsAny(words[0], "$`~;&|<>(){}*?=") || isShell && strings.ContainsAny(command, ";&|()"):
		return "", false
	case isShell || strings.HasPrefix(value, "/") || len(value) > 2 && value[1] == ':':
		return words[0], true
	}
	return "git-credential-" + words[0], true
}

// shellWords splits a line as sh does where nothing in it is to be expanded.
func shellWords(line string) []string {
	var (
		words  []string
		word   strings.Builder
		inWord bool
		quote  byte
	)
	for i := 0; i < len(line); i++ {
		b := line[i]
		switch {
		case quote == 0 && (b == ' ' || b == '\t' || b == '\n'):
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
			continue
		case b == quote:
			quote = 0
		case quote == 0 && (b == '\'' || b == '"'):
			quote = b
		case quote != '\'' && b == '\\' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
		default:
			word.WriteByte(b)
		}
		inWord = true
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}
