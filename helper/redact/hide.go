package redact

import (
	"slices"
	"strconv"
	"strings"
)

// enough is how much of a secret's beginning counts as the secret.
const enough = 8

// hide puts Hidden in the place of each secret, and of what is left of one.
func (s secrets) hide(text []byte) []byte {
	var out []byte
	from := 0
	for i := 0; i < len(text); {
		n := 0
		for _, secret := range s {
			n = max(n, spells(text[i:], secret))
		}
		if n == 0 {
			i++
			continue
		}
		out = append(append(out, text[from:i]...), Hidden...)
		i += n
		from = i
	}
	if from == 0 {
		return text
	}
	return append(out, text[from:]...)
}

// spells is how much of the beginning of text is the secret, or enough of its beginning; zero where it is not.
func spells(text []byte, secret string) (size int) {
	for i := range len(secret) {
		c, n := character(text[size:], secret[i])
		if n == 0 || c != secret[i] {
			if i >= enough {
				return size
			}
			return 0
		}
		size += n
	}
	return size
}

// character reads one, which may be escaped, or as it is: want says which one is looked for.
func character(text []byte, want byte) (c byte, size int) {
	if len(text) == 0 {
		return 0, 0
	}
	if c, size = escaped(string(text[:min(len(text), longestEscape)])); size > 0 && c == want {
		return c, size
	}
	return text[0], 1
}

// escaped reads what URLs, JSON and XML write for a character; its size is zero where there is no such thing.
func escaped(text string) (c byte, size int) {
	switch text[0] {
	case '%':
		return numbered(text, "%", 16, 2)
	case '&':
		return entity(text)
	case '\\':
		if len(text) > 1 && text[1] != 'u' {
			return text[1], 2
		}
		return numbered(text, `\u00`, 16, 2)
	}
	return 0, 0
}

const longestEscape = len("&#00000;")

// numbered reads a character that so many digits name.
func numbered(text, before string, base, digits int) (c byte, size int) {
	size = len(before) + digits
	if !strings.HasPrefix(text, before) || len(text) < size {
		return 0, 0
	}
	n, err := strconv.ParseUint(text[len(before):size], base, 8)
	if err != nil {
		return 0, 0
	}
	return byte(n), size
}

// entity reads one of XML's.
func entity(text string) (c byte, size int) {
	name, _, ok := strings.Cut(text, ";")
	if !ok {
		return 0, 0
	}
	size = len(name) + 1
	if i := slices.Index([]string{"&amp", "&lt", "&gt", "&quot", "&apos"}, name); i >= 0 {
		return `&<>"'`[i], size
	}
	base, digits := 10, strings.TrimPrefix(name, "&#")
	if hexadecimal, ok := strings.CutPrefix(digits, "x"); ok {
		base, digits = 16, hexadecimal
	}
	n, err := strconv.ParseUint(digits, base, 8)
	if err != nil {
		return 0, 0
	}
	return byte(n), size
}
