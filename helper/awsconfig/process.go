package awsconfig

import (
	"path/filepath"
	"strings"
)

// OwnProcess reports whether a credential_process line runs credmint, and which profile it asks for.
func OwnProcess(line string) (profile string, ours bool) {
	args := splitWords(line)
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

// splitWords splits at white space outside quotes. Backslashes stand for themselves: they are Windows's separators.
func splitWords(line string) []string {
	var (
		words  []string
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
	return words
}
