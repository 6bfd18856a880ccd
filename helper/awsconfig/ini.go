package awsconfig

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The dialect of the shared files is the SDKs' (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html):
// `[type name]` headers, `key = value` or `key: value` lines, `#` and `;` comments, and indented lines below a key without a
// value as that key's own settings, which are named "key.setting" here. Where readers of these files disagree (a section or
// a key given twice), it refuses to guess.

// header is what stands between brackets.
type header struct{ kind, name string }

func (h header) String() string {
	if h.kind == "" {
		return "[" + h.name + "]"
	}
	return "[" + h.kind + " " + h.name + "]"
}

// property is one setting of a section and where it stands.
type property struct {
	key, value string
	line       int
}

// eachLine calls yield with every line of a text without its end, the number of the line, and where it starts.
func eachLine(text []byte, yield func(line []byte, number, start int) bool) {
	for start, number := 0, 1; start < len(text); number++ {
		line := firstLine(text[start:])
		next := start + len(line) + 1
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if !yield(line, number, start) {
			return
		}
		start = next
	}
}

// eachHeader calls yield with every header of a text and the number of its line.
func eachHeader(text []byte, yield func(h header, number int) bool) {
	eachLine(text, func(line []byte, number, _ int) bool {
		if isHeader(line) {
			if h, ok := parseHeader(line); ok {
				return yield(h, number)
			}
		}
		return true
	})
}

// properties reads the text of a section from its header, which is the line with that number.
func (f *file) properties(text []byte, number int) ([]property, error) {
	var (
		props  []property
		parent string // the key without a value that indented lines belong to
		failed error
	)
	eachLine(text, func(line []byte, n, _ int) bool {
		if isHeader(line) {
			return n == 1
		}
		p, ok, err := parseProperty(line, &parent)
		if err == nil && ok {
			p.line = number + n - 1
			err = addProperty(&props, p)
		}
		if err != nil {
			failed = fmt.Errorf("%s:%d: %w", f.path, number+n-1, err)
		}
		return err == nil
	})
	return props, failed
}

// isHeader is the test every line of the file goes through, so it looks at as little as it can.
func isHeader(line []byte) bool {
	if len(line) == 0 {
		return false
	}
	if line[0] == '[' {
		return true
	}
	if line[0] != ' ' && line[0] != '\t' {
		return false
	}
	rest := bytes.TrimLeft(line, " \t")
	return len(rest) > 0 && rest[0] == '['
}

// parseHeader reads `[ type name ] ; comment`. A name may be quoted, as botocore allows.
func parseHeader(line []byte) (header, bool) {
	if i := bytes.IndexAny(line, "#;"); i >= 0 {
		line = line[:i]
	}
	line = bytes.TrimSpace(line)
	if n := len(line); n < 2 || line[0] != '[' || line[n-1] != ']' {
		return header{}, false
	}
	text := string(bytes.TrimSpace(line[1 : len(line)-1]))
	if i := strings.IndexAny(text, " \t"); i > 0 {
		return header{text[:i], unquote(strings.TrimLeft(text[i:], " \t"))}, true
	}
	return header{"", unquote(text)}, text != ""
}

// parseProperty reads `key = value ; comment`; ok is false for a blank line, a comment and what no reader understands.
func parseProperty(line []byte, parent *string) (p property, ok bool, err error) {
	text := string(line)
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' {
		return property{}, false, nil
	}
	if err := checkText(trimmed); err != nil {
		return property{}, false, err
	}
	indented := text[0] == ' ' || text[0] == '\t'
	key, value, found := cutProperty(withoutComment(text))
	switch {
	case !found:
		return property{}, false, nil
	case indented && *parent != "":
		key = *parent + "." + key
	case value == "":
		*parent = key
		return property{key: key}, true, nil
	default:
		*parent = ""
	}
	return property{key: key, value: value}, true, nil
}

func addProperty(props *[]property, p property) error {
	for _, q := range *props {
		if q.key == p.key && q.value != p.value {
			return fmt.Errorf("%s has another value at line %d already", p.key, q.line)
		}
	}
	*props = append(*props, p)
	return nil
}

// checkText refuses what would reach AWS, a terminal or another program as something else than it looks like here.
func checkText(s string) error {
	if !utf8.ValidString(s) {
		return errors.New("the line is not UTF-8")
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Errorf("the line holds the control character %#02x", c)
		}
	}
	return nil
}

// withoutComment cuts a comment that white space sets off, as the Go and Java SDKs do.
func withoutComment(s string) string {
	for i := 1; i < len(s); i++ {
		if (s[i] == '#' || s[i] == ';') && (s[i-1] == ' ' || s[i-1] == '\t') {
			return s[:i]
		}
	}
	return s
}

func cutProperty(s string) (key, value string, ok bool) {
	i := strings.IndexAny(s, "=:")
	if i < 0 {
		return "", "", false
	}
	key, value = strings.ToLower(strings.TrimSpace(s[:i])), strings.TrimSpace(s[i+1:])
	if !strings.HasSuffix(key, "_process") { // a command line's quotes are those of its words
		value = unquote(value)
	}
	return key, value, key != ""
}

// unquote takes one pair of quotes off. Those of a command whose first and last word are quoted are two pairs, and stay.
func unquote(s string) string {
	n := len(s)
	if n < 2 || s[0] != s[n-1] || s[0] != '"' && s[0] != '\'' {
		return s
	}
	for i := 1; i < n-1; i++ {
		if s[i] == s[0] {
			return s
		}
	}
	return s[1 : n-1]
}
