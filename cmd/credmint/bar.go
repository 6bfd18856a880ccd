package main

import (
	"fmt"
	"strings"
	"time"
)

// bar is a bar of progress on a person's terminal, for work that takes over a second. Anywhere else it is silent.
type bar struct {
	a     *app
	what  string
	began time.Time
	drawn time.Time
	on    bool
}

const (
	barWidth    = 24
	barPatience = time.Second            // what is done by then needs no bar
	barInterval = 100 * time.Millisecond // between two drawings
)

func (a *app) bar(what string) *bar {
	return &bar{a: a, what: what, began: a.now(), on: a.draws()}
}

// at draws how far the work is.
func (p *bar) at(done, of int) {
	now := p.a.now()
	if !p.on || of == 0 || now.Sub(p.began) < barPatience || now.Sub(p.drawn) < barInterval && done < of {
		return
	}
	p.drawn = now
	full := barWidth * done / of
	fmt.Fprintf(p.a.stderr, "\r%s [%s%s] %d of %d ", p.what, strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), done, of)
}

// end wipes the bar.
func (p *bar) end() {
	if !p.drawn.IsZero() {
		fmt.Fprint(p.a.stderr, "\r\x1b[K")
	}
}
