package main

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// card is what SCORECARD.md says: its letters in their order, and the rows of each.
//
//	| A | storage and crashes |
//	| A1 | what is done | what must happen | cache TestKilledPut, cmd/credmint TestScripts/tamper, keychain TestSplit (windows) |
type card struct {
	letters []letter
	rows    []row
}

type letter struct{ name, about string }

// row is one promise and the tests that try it.
type row struct {
	letter, name string
	tests        []test
}

// test names a test, and with it all that is below it.
type test struct {
	pkg, name string
	systems   []string // where it is, as GOOS names them; none is everywhere
}

// here reports whether this system is one that the test is for.
func (t test) here() bool { return len(t.systems) == 0 || slices.Contains(t.systems, runtime.GOOS) }

// has reports whether a test of the package is this one, or below it.
func (t test) has(name string) bool { return t.name == name || strings.HasPrefix(name, t.name+"/") }

// pattern has go test run this test, and nothing beside it.
func (t test) pattern() string {
	parts := strings.Split(t.name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

var (
	letterLine = regexp.MustCompile(`^\| ([A-Z]) \| ([^|]+) \|$`)
	rowLine    = regexp.MustCompile(`^\| (([A-Z])[0-9]+[a-z]?) \| [^|]+ \| [^|]+ \| ([^|]+) \|$`)
	otherLine  = regexp.MustCompile(`^(\| cell \|.*|\| letter \|.*|\|[-|]+\|)$`)
	testWords  = regexp.MustCompile(`^([a-z0-9/]+) ((?:Test|Fuzz)\S*)(?: \(([a-z0-9 ]+)\))?$`)
)

// parseCard reads a card whose packages are those of a module. Whatever looks like a row and is none is an error: a cell
// that nobody counts would look like one that passed.
func parseCard(text, module string) (card, error) {
	var c card
	for n, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "|") || otherLine.MatchString(line) {
			continue
		}
		if m := letterLine.FindStringSubmatch(line); m != nil {
			c.letters = append(c.letters, letter{m[1], m[2]})
			continue
		}
		r, err := c.parseRow(line, module)
		if err != nil {
			return card{}, fmt.Errorf("SCORECARD.md, line %d: %w", n+1, err)
		}
		c.rows = append(c.rows, r)
	}
	return c, nil
}

func (c card) parseRow(line, module string) (row, error) {
	m := rowLine.FindStringSubmatch(line)
	if m == nil {
		return row{}, fmt.Errorf("neither a letter nor a row: %s", line)
	}
	r := row{name: m[1], letter: m[2]}
	if !slices.ContainsFunc(c.letters, func(l letter) bool { return l.name == r.letter }) {
		return row{}, fmt.Errorf("row %s is of no letter", r.name)
	}
	if slices.ContainsFunc(c.rows, func(other row) bool { return other.name == r.name }) {
		return row{}, fmt.Errorf("row %s is there twice", r.name)
	}
	for _, words := range strings.Split(m[3], ", ") {
		w := testWords.FindStringSubmatch(words)
		if w == nil {
			return row{}, fmt.Errorf("row %s: %q is not a package, a test, and maybe systems in parentheses", r.name, words)
		}
		r.tests = append(r.tests, test{pkg: module + "/" + w[1], name: w[2], systems: strings.Fields(w[3])})
	}
	return r, nil
}
