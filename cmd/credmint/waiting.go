package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"credmint/helper/mint"
	"credmint/helper/prompt"
)

// waiting is a line on a person's terminal that says what takes over a second, and is wiped in the end. Anywhere else it is
// silent.
type waiting struct {
	a     *app
	timer *time.Timer

	mu    sync.Mutex
	text  string
	shown bool
	ended bool
}

// network calls AWS, and tells a person whom it waits for.
func (a *app) network() *mint.Network {
	return &mint.Network{Watch: func(host string) func() {
		if a.called {
			return func() {}
		}
		return a.waiting("waiting for " + host).end
	}}
}

// waiting begins to wait for something.
func (a *app) waiting(text string) *waiting {
	w := &waiting{a: a, text: text}
	if a.draws() {
		w.timer = time.AfterFunc(barPatience, func() { w.change(func() { w.shown = true }) })
	}
	return w
}

// waitingFor waits for several things at once, and says which have not answered yet.
func (a *app) waitingFor(doing string, names []string) (answered func(name string), end func()) {
	var mu sync.Mutex
	left := slices.Clone(names)
	text := func() string { return doing + " " + strings.Join(left, ", ") }
	w := a.waiting(text())
	return func(name string) {
		mu.Lock()
		defer mu.Unlock()
		left = slices.DeleteFunc(left, func(other string) bool { return other == name })
		w.now(text())
	}, w.end
}

// draws reports whether what goes to stderr is seen on a terminal where a line can be wiped.
func (a *app) draws() bool {
	f, ok := a.stderr.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && a.getenv("TERM") != "dumb"
}

// now says what is waited for from now on.
func (w *waiting) now(text string) { w.change(func() { w.text = text }) }

func (w *waiting) change(set func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if set(); w.shown && !w.ended {
		fmt.Fprintf(w.a.stderr, "\r\x1b[K%s … ", prompt.Printable(w.text))
	}
}

// end wipes the line.
func (w *waiting) end() {
	if w.timer != nil {
		w.timer.Stop()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shown && !w.ended {
		fmt.Fprint(w.a.stderr, "\r\x1b[K")
	}
	w.ended = true
}
