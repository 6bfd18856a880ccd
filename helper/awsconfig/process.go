package awsconfig

import (
	"path/filepath"
	"runtime"
	"strings"

	"credmint/helper"
)

// OwnProcess reports whether a credential_process line runs credmint, and which profile it asks for.
func OwnProcess(line string) (profile string, ours bool) {
	args, _ := splitWords(line)
	if len(args) < 2 || args[1] != "aws" {
		return "", false
	}
	base := strings.TrimSuffix(strings.ToLower(filepath.Base(strings.ReplaceAll(args[0], `\`, "/"))), ".exe")
	if base != "credmint" {
		return "", false
	}
	for _, arg := range args[2:] {
		if !strings.HasPrefix(arg, "-") {
			return arg, true
		}
	}
	return "", true
}

// commandOf reads a setting that names a program and its arguments. No shell will read it, so what a shell would read
// differently is refused rather than run as something else than it looks like.
func commandOf(set *helper.Setting) ([]string, error) {
	words, open := splitWords(set.Value)
	switch {
	case open:
		return nil, errAt(set, "a quote is never closed")
	case len(words) == 0 || words[0] == "":
		return nil, errAt(set, "it names no program")
	case runtime.GOOS != "windows" && strings.Contains(set.Value, `\`):
		return nil, errAt(set, "a backslash means nothing here: no shell reads it, and words with spaces stand in quotes")
	}
	return words, nil
}

// splitWords splits at white space outside quotes; open reports whether the last quote is never closed. Backslashes stand
// for themselves: they are Windows's separators.
func splitWords(line string) (words []string, open bool) {
	var (
		word   strings.Builder
		quote  rune
		inWord bool
	)
	for _, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, inWord = c, true
		case quote == 0 && (c == ' ' || c == '\t'):
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, quote != 0
}
