// Package shellword writes words as a person must type them into a shell, for the lines that say what to type next. It is for
// people: nothing is run with it.
package shellword

import "strings"

// Quote is a word, quoted where a POSIX shell would do anything but pass it on. PowerShell reads it the same way, unless
// there is a quote in it.
func Quote(word string) string {
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

const plain = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-@/.:"

// Argument is a word that ends a command line of credmint's. One that begins with a dash is no flag there, behind the `--`.
func Argument(word string) string {
	if strings.HasPrefix(word, "-") {
		return "-- " + Quote(word)
	}
	return Quote(word)
}
