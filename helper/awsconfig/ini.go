package awsconfig

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// file is one of the two shared files, read whole and looked into only where a section is wanted: finding a section
// among thousands costs one pass over the bytes and allocates nothing. Whoever wants all of them asks for list first.
//
// The dialect is the SDKs' (https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html): `[type name]` headers,
// `key = value` or `key: value` lines, `#` and `;` comments, and indented lines below a key without a value as that
// key's own settings, which are named "key.setting" here. Where readers of these files disagree (a section or a key
// given twice), it refuses to guess.
type file struct {
	path string
	data []byte
	at   map[header][]int // where the line of each header starts, once somebody listed them
}

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

// check refuses bytes that no reader of this format means.
func (f *file) check() error {
	f.data = bytes.TrimPrefix(f.data, []byte("\xef\xbb\xbf"))
	switch {
	case bytes.HasPrefix(f.data, []byte("\xff\xfe")), bytes.HasPrefix(f.data, []byte("\xfe\xff")):
		return fmt.Errorf("%s is UTF-16: save it as UTF-8", f.path)
	case bytes.IndexByte(f.data, 0) >= 0:
		return fmt.Errorf("%s holds a NUL byte: it is no text file", f.path)
	}
	return nil
}

// lines calls yield with every line without its end, the number of the line, and where it starts.
func (f *file) lines(yield func(line []byte, number, start int) bool) {
	for start, number := 0, 1; start < len(f.data); number++ {
		end, next := len(f.data), len(f.data)
		if i := bytes.IndexByte(f.data[start:], '\n'); i >= 0 {
			end, next = start+i, start+i+1
		}
		line := f.data[start:end]
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if !yield(line, number, start) {
			return
		}
		start = next
	}
}

// section returns the properties of the one section that has one of the headers, which differ in kind only, and the line
// of its header: 0 when there is none.
func (f *file) section(wanted ...header) ([]property, int, error) {
	start := f.find(wanted, 0)
	if start < 0 {
		return nil, 0, nil
	}
	first := 1 + bytes.Count(f.data[:start], []byte("\n"))
	if again := f.find(wanted, start+1); again >= 0 {
		number := 1 + bytes.Count(f.data[:again], []byte("\n"))
		return nil, 0, fmt.Errorf("%s:%d: section %s stands at line %d already", f.path, number, wanted[0], first)
	}
	props, err := f.properties(start, first)
	return props, first, err
}

// find returns where the line of a wanted header starts, at from or after it; -1 when there is none. It looks for a bare
// word of the header first, so that most of a large file is passed over without being read line by line.
func (f *file) find(wanted []header, from int) int {
	if f.at != nil {
		return f.findListed(wanted, from)
	}
	word := []byte(rareWord(wanted[0]))
	for {
		i := bytes.Index(f.data[from:], word)
		if i < 0 || len(word) == 0 {
			return -1
		}
		i += from
		start := bytes.LastIndexByte(f.data[:i], '\n') + 1
		line := f.data[start:]
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			line = line[:end]
		}
		if start >= from && isHeader(line) {
			if h, ok := parseHeader(line); ok && slices.Contains(wanted, h) {
				return start
			}
		}
		if from = start + len(line) + 1; from > len(f.data) {
			return -1
		}
	}
}

// rareWord is what most lines do not have. The name of a profile is seldom seen; that of an [sso-session] stands in every
// profile of it.
func rareWord(h header) string {
	if h.kind == "profile" || len(h.kind) < len(h.name) {
		return h.name
	}
	return h.kind
}

func (f *file) findListed(wanted []header, from int) int {
	first := -1
	for _, h := range wanted {
		for _, start := range f.at[h] {
			if start >= from && (first < 0 || start < first) {
				first = start
			}
		}
	}
	return first
}

// list finds all headers at once, for those who will look at many sections.
func (f *file) list() {
	if f.at != nil {
		return
	}
	at := map[header][]int{}
	f.lines(func(line []byte, _, start int) bool {
		if isHeader(line) {
			if h, ok := parseHeader(line); ok {
				at[h] = append(at[h], start)
			}
		}
		return true
	})
	f.at = at
}

// properties reads a section from its header, which is the line with that number, to the next header.
func (f *file) properties(start, number int) ([]property, error) {
	var (
		props  []property
		parent string // the key without a value that indented lines belong to
		failed error
	)
	body := file{path: f.path, data: f.data[start:]}
	body.lines(func(line []byte, n, _ int) bool {
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

// headers calls yield with every header of the file.
func (f *file) headers(yield func(h header, number int) bool) {
	f.lines(func(line []byte, number, _ int) bool {
		if isHeader(line) {
			if h, ok := parseHeader(line); ok {
				return yield(h, number)
			}
		}
		return true
	})
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
	text := string(line)
	if i := strings.IndexAny(text, "#;"); i >= 0 {
		text = text[:i]
	}
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "[") || !strings.HasSuffix(text, "]") {
		return header{}, false
	}
	text = strings.TrimSpace(text[1 : len(text)-1])
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
	if n >= 2 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'') && strings.IndexByte(s[1:n-1], s[0]) < 0 {
		return s[1 : n-1]
	}
	return s
}
