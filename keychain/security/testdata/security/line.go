package main

import (
	"bufio"
	"strings"
)

// maxLineLen is MAX_LINE_LEN.
const maxLineLen = 4096

// readLine is readline into a buffer of that size: a line ends where it is full, and one without an end is none.
func readLine(in *bufio.Reader) (string, bool) {
	var line strings.Builder
	for line.Len() < maxLineLen-1 {
		c, err := in.ReadByte()
		if err != nil {
			return "", false
		}
		if c == '\n' {
			break
		}
		line.WriteByte(c)
	}
	return line.String(), true
}

// splitLine is split_line.
func splitLine(line string) (words []string) {
	var (
		word    []byte
		within  bool
		quote   byte // that the word began with
		escaped bool
	)
	end := func() { words, word, within, quote = append(words, string(word)), nil, false, 0 }
	for i := range len(line) {
		c := line[i]
		switch space := strings.IndexByte(" \t\n\v\f\r", c) >= 0; {
		case escaped:
			word, escaped = append(word, c), false
		case !within && space:
		case !within && (c == '"' || c == '\''):
			within, quote = true, c
		case c == '\\':
			within, escaped = true, true
		case within && (quote == 0 && space || quote != 0 && c == quote):
			end()
		default:
			word, within = append(word, c), true
		}
	}
	if within {
		end()
	}
	return words
}

// getopt knows the letters of known, of which those before a colon take a value.
func getopt(words []string, known string) (map[byte]string, bool) {
	options := map[byte]string{}
	for ; len(words) > 0; words = words[1:] {
		letters, ok := strings.CutPrefix(words[0], "-")
		if !ok || letters == "" {
			return nil, false
		}
		for letters != "" {
			letter := letters[0]
			letters = letters[1:]
			at := strings.IndexByte(known, letter)
			switch {
			case at < 0 || letter == ':':
				return nil, false
			case !strings.HasPrefix(known[at+1:], ":"):
				options[letter] = ""
			case letters != "":
				options[letter], letters = letters, ""
			case len(words) == 1:
				return nil, false
			default:
				words = words[1:]
				options[letter] = words[0]
			}
		}
	}
	return options, true
}
