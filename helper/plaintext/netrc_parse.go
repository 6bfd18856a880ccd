package plaintext

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"credmint/helper/gitcred"
)

// machine is one entry of a netrc, and where its words stand.
type machine struct {
	line            int
	host            string
	login, password gitcred.Value
	words           []span
	odd             string // why it is not to be touched; empty for an ordinary one
}

// span is a part of the file's bytes.
type span struct{ start, end int }

// parseNetrc reads the whole grammar, in which curl (that is git), Python and the ftp programs agree for the most part:
//
//	machine HOST | default, then any of: login X | password X | account X
//	macdef NAME, and everything to the next empty line
//	# to the end of the line, where a word could begin
//
// Words are separated by white space, line ends included, and may stand in double quotes, in which a backslash escapes.
// Where those programs do not agree the entry is odd. What is not closed makes the whole file an error.
func parseNetrc(data []byte) ([]machine, error) {
	p := netrcParser{lexer: netrcLexer{data: data, line: 1}}
	for {
		w, err := p.lexer.next()
		if err != nil {
			return nil, err
		}
		if w == nil {
			return p.machines, nil
		}
		if err := p.keyword(*w); err != nil {
			return nil, err
		}
	}
}

type netrcParser struct {
	lexer    netrcLexer
	machines []machine
	open     bool // the last of them may go on
}

// keyword takes a word at a place where one of the grammar's is expected, and the value that follows it. curl takes
// keywords in upper case, too.
func (p *netrcParser) keyword(w word) error {
	switch key := strings.ToLower(w.text); key {
	case "machine", "default":
		p.machines, p.open = append(p.machines, machine{line: w.line, words: []span{w.span}}), true
		if key == "default" {
			p.mark("it is for every host")
			return nil
		}
		host, err := p.value(key)
		p.last().host = host.Text()
		return err
	case "macdef":
		p.mark("it has a macro")
		p.open = false
		p.lexer.skipMacro()
	case "login", "password", "account":
		if p.open { // else it is nobody's
			return p.attribute(key, w)
		}
	default:
		p.mark(fmt.Sprintf("line %d has a word in it that is none of netrc's", w.line))
	}
	return nil
}

// attribute reads one of those that an entry may have once.
func (p *netrcParser) attribute(key string, w word) error {
	m := p.last()
	m.words = append(m.words, w.span)
	value, err := p.value(key)
	if err != nil {
		return err
	}
	field := &m.login
	switch key {
	case "password":
		field = &m.password
	case "account":
		p.mark("it has an account, which git has no use for")
		return nil
	}
	if field.IsSet() {
		p.mark("it has more than one " + key)
	}
	*field = value
	return nil
}

// value reads the word behind a keyword.
func (p *netrcParser) value(key string) (gitcred.Value, error) {
	w, err := p.lexer.value()
	if err != nil {
		return gitcred.Value{}, err
	}
	if w == nil {
		p.mark(key + " has no value")
		return gitcred.Value{}, nil
	}
	if w.odd != "" {
		p.mark(w.odd)
	}
	p.last().words = append(p.last().words, w.span)
	return gitcred.Some(w.text), nil
}

func (p *netrcParser) last() *machine { return &p.machines[len(p.machines)-1] }

// mark notes the first oddity of the entry that is being read.
func (p *netrcParser) mark(odd string) {
	if p.open && p.last().odd == "" {
		p.last().odd = odd
	}
}

// word is one of the file, without its quotes.
type word struct {
	span
	line int
	text string
	odd  string
}

type netrcLexer struct {
	data []byte
	pos  int
	line int
}

var errQuote = errors.New("a quote is not closed")

// next returns the next word, and nil at the end. Comments are skipped.
func (l *netrcLexer) next() (*word, error) {
	for {
		l.skipSpace()
		if l.pos == len(l.data) || l.data[l.pos] != '#' {
			return l.word()
		}
		l.skipLine()
	}
}

// value is next where a value is expected: to some a word that begins with # is one, to others a comment.
func (l *netrcLexer) value() (*word, error) {
	l.skipSpace()
	w, err := l.word()
	if w != nil && strings.HasPrefix(w.text, "#") && l.data[w.start] == '#' {
		w.odd = "a value begins with #, which programs read differently"
		l.skipLine()
		w.end = l.pos
	}
	return w, err
}

func (l *netrcLexer) word() (*word, error) {
	if l.pos == len(l.data) {
		return nil, nil
	}
	w := &word{span: span{start: l.pos}, line: l.line}
	if l.data[l.pos] == '"' {
		if err := l.quoted(w); err != nil {
			return nil, err
		}
	}
	rest := l.pos
	for l.pos < len(l.data) && !isSpace(l.data[l.pos]) {
		l.pos++
	}
	w.end = l.pos
	tail := string(l.data[rest:l.pos])
	switch quoted := rest > w.start; {
	case quoted && tail != "":
		w.odd = "there is something behind a closing quote"
	case strings.Contains(tail, `\`):
		w.odd = "a backslash stands outside quotes, which programs read differently"
	}
	w.text += tail
	return w, nil
}

// quoted reads to the closing quote.
func (l *netrcLexer) quoted(w *word) error {
	var text []byte
	for l.pos++; l.pos < len(l.data) && l.data[l.pos] != '\n'; l.pos++ {
		c := l.data[l.pos]
		if c == '"' {
			l.pos++
			w.text = string(text)
			return nil
		}
		if c == '\\' {
			if l.pos++; l.pos == len(l.data) || l.data[l.pos] == '\n' {
				break
			}
			if c = l.data[l.pos]; c == 'n' || c == 'r' || c == 't' {
				w.odd = `\` + string(c) + " stands in quotes, which programs read differently"
			}
		}
		text = append(text, c)
	}
	return fmt.Errorf("line %d: %w", l.line, errQuote)
}

func (l *netrcLexer) skipSpace() {
	for l.pos < len(l.data) && isSpace(l.data[l.pos]) {
		if l.data[l.pos] == '\n' {
			l.line++
		}
		l.pos++
	}
}

// skipLine goes to the line's end, and leaves the line feed.
func (l *netrcLexer) skipLine() {
	if i := bytes.IndexByte(l.data[l.pos:], '\n'); i >= 0 {
		l.pos += i
	} else {
		l.pos = len(l.data)
	}
}

// skipMacro goes behind the next empty line: one of white space is not empty.
func (l *netrcLexer) skipMacro() {
	for l.skipLine(); l.pos < len(l.data); l.skipLine() {
		l.pos++
		l.line++
		if rest := l.data[l.pos:]; bytes.HasPrefix(rest, []byte("\n")) || bytes.HasPrefix(rest, []byte("\r\n")) {
			return
		}
	}
}

func isSpace(c byte) bool { return strings.IndexByte(" \t\r\n\v\f", c) >= 0 }
