package awsconfig

import (
	"errors"
	"runtime"
	"strings"

	"credmint/helper"
)

var (
	errOpenQuote  = errors.New("a quote is never closed")
	errLastEscape = errors.New("nothing follows the last backslash")
	errNoProgram  = errors.New("it names no program")
)

// commandOf splits a setting that is a command line.
func commandOf(set *helper.Setting) ([]string, error) {
	words, err := splitCommand(set.Value)
	if err != nil {
		return nil, errAt(set, "%w", err)
	}
	return words, nil
}

// splitCommand is splitWords for a line that must name a program.
func splitCommand(line string) ([]string, error) {
	words, err := splitWords(line)
	if err == nil && (len(words) == 0 || words[0] == "") {
		err = errNoProgram
	}
	return words, err
}

// splitWords splits a command line as AWS's CLI does, which runs no shell: nothing is expanded. See compat_shell_split in
// https://github.com/boto/botocore/blob/develop/botocore/compat.py.
func splitWords(line string) ([]string, error) {
	if runtime.GOOS == "windows" {
		return splitWindows(line)
	}
	return splitPOSIX(line)
}

// splitPOSIX has the rules of Python's shlex.split, which are a shell's: single quotes keep everything, double quotes
// everything but \" and \\, and a backslash outside of quotes the character that follows.
func splitPOSIX(line string) ([]string, error) {
	var s split
	for rest := line; rest != ""; {
		c := rest[0]
		rest = rest[1:]
		switch c {
		case ' ', '\t', '\r', '\n':
			s.end()
		case '\'':
			quoted, after, closed := strings.Cut(rest, "'")
			if !closed {
				return nil, errOpenQuote
			}
			s.add(quoted)
			rest = after
		case '"':
			n, err := s.addQuoted(rest)
			if err != nil {
				return nil, err
			}
			rest = rest[n:]
		case '\\':
			if rest == "" {
				return nil, errLastEscape
			}
			s.add(rest[:1])
			rest = rest[1:]
		default:
			s.addByte(c)
		}
	}
	s.end()
	return s.words, nil
}

// addQuoted adds what stands before the closing double quote, and returns how long it is with that quote.
func (s *split) addQuoted(text string) (n int, err error) {
	s.add("")
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return i + 1, nil
		case c == '\\' && i+1 == len(text):
			return 0, errLastEscape
		case c == '\\' && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
		}
		s.add(text[i : i+1])
	}
	return 0, errOpenQuote
}

// splitWindows has the rules of C programs on Windows: only double quotes are quotes, and a backslash stands for itself
// unless a chain of them leads up to one. See
// https://learn.microsoft.com/en-us/cpp/c-language/parsing-c-command-line-arguments.
func splitWindows(line string) ([]string, error) {
	var s split
	quoted, slashes := false, 0
	for i := range len(line) {
		c := line[i]
		if c == '\\' {
			slashes++
			continue
		}
		if c == '"' {
			s.addSlashes(slashes / 2)
			if slashes%2 == 1 {
				s.add(`"`)
			} else {
				quoted = !quoted
				s.add("")
			}
			slashes = 0
			continue
		}
		s.addSlashes(slashes)
		slashes = 0
		if (c == ' ' || c == '\t') && !quoted {
			s.end()
		} else {
			s.addByte(c)
		}
	}
	if quoted {
		return nil, errOpenQuote
	}
	s.addSlashes(slashes)
	s.end()
	return s.words, nil
}

// split is the words so far, and the one that is being read. A word may be empty, if quotes say so.
type split struct {
	words  []string
	word   []byte
	inWord bool
}

func (s *split) add(text string) {
	s.word = append(s.word, text...)
	s.inWord = true
}

func (s *split) addByte(c byte) {
	s.word = append(s.word, c)
	s.inWord = true
}

func (s *split) addSlashes(n int) {
	if n > 0 {
		s.add(strings.Repeat(`\`, n))
	}
}

func (s *split) end() {
	if s.inWord {
		s.words = append(s.words, string(s.word))
	}
	s.word, s.inWord = s.word[:0], false
}
