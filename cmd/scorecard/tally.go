package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// tally is what came of a card's cells.
type tally struct {
	letters []counts
	all     counts
	missing []string // tests that rows name, and that did not run
	skipped []string // cells that could have run here
}

type counts struct {
	letter
	rows, cells, passed, failed, skipped int
}

func (c *counts) add(o outcome) {
	c.cells++
	switch o {
	case passed:
		c.passed++
	case skipped:
		c.skipped++
	default:
		c.failed++
	}
}

// count counts the cells of the rows that were asked for. A test that two rows name is a cell of the first.
func count(c card, r *report, o options) tally {
	t := tally{all: counts{letter: letter{about: "all"}}}
	seen := make(map[string]bool)
	for _, l := range c.letters {
		of := counts{letter: l}
		for _, row := range c.rows {
			if row.letter != l.name || !o.asks(row) {
				continue
			}
			of.rows++
			for _, test := range row.tests {
				t.countTest(&of, row, test, r.packages[test.pkg], seen, o.whole())
			}
		}
		t.all.rows += of.rows
		t.letters = append(t.letters, of)
	}
	return t
}

func (t *tally) countTest(of *counts, row row, test test, p *pack, seen map[string]bool, whole bool) {
	if p == nil {
		return // not among the packages that were tested
	}
	cells := p.cells(test)
	if len(cells) == 0 && test.here() && whole {
		t.missing = append(t.missing, fmt.Sprintf("%s: %s has no %s", row.name, test.pkg, test.name))
	}
	for _, name := range cells {
		if id := test.pkg + " " + name; seen[id] {
			continue
		} else {
			seen[id] = true
		}
		of.add(p.outcomes[name])
		t.all.add(p.outcomes[name])
		if p.outcomes[name] == skipped && test.here() {
			t.skipped = append(t.skipped, fmt.Sprintf("%s: %s %s: %s", row.name, test.pkg, name, p.why[name]))
		}
	}
}

// print writes the table, which is Markdown too, below what is amiss, and the sum below it.
func (t tally) print(out io.Writer) {
	for _, s := range t.missing {
		fmt.Fprintln(out, "missing", s)
	}
	for _, s := range t.skipped {
		fmt.Fprintln(out, "skipped", s)
	}
	width := 0
	for _, c := range t.letters {
		width = max(width, utf8.RuneCountInString(c.about))
	}
	fmt.Fprintf(out, "\n| letter | %-*s | rows | cells | passed | failed | skipped |\n", width, "what about")
	fmt.Fprintf(out, "|--------|-%s-|-----:|------:|-------:|-------:|--------:|\n", strings.Repeat("-", width))
	for _, c := range append(t.letters, t.all) {
		fmt.Fprintf(out, "| %-6s | %-*s | %4d | %5d | %6d | %6d | %7d |\n",
			c.name, width, c.about, c.rows, c.cells, c.passed, c.failed, c.skipped)
	}
	fmt.Fprintf(out, "\n%d passed, %d failed, %d skipped\n", t.all.passed, t.all.failed, t.all.skipped)
}

// err says why the card is not kept, if it is not. A cell may be skipped where not everything has to be there.
func (t tally) err(everything bool) error {
	var errs []error
	if n := len(t.missing); n > 0 {
		errs = append(errs, fmt.Errorf("tests of the card that did not run: %d", n))
	}
	if t.all.failed > 0 {
		errs = append(errs, fmt.Errorf("cells that failed: %d", t.all.failed))
	}
	if n := len(t.skipped); n > 0 && everything {
		errs = append(errs, fmt.Errorf("cells that were skipped: %d", n))
	}
	return errors.Join(errs...)
}
