package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// outcome is how a test ended.
type outcome string

// One that did not end has none of them, and counts as failed: its process died.
const (
	passed  outcome = "pass"
	failed  outcome = "fail"
	skipped outcome = "skip"
)

// event is a line of go test -json, see `go doc test2json`.
type event struct {
	Action, Package, Test, Output string
}

// report follows go test: it prints what a person reads, and keeps how each test ended.
type report struct {
	out      io.Writer
	verbose  bool
	packages map[string]*pack
}

// pack is a package and its tests, in the order in which they began.
type pack struct {
	names    []string
	parents  map[string]bool // tests that have tests below them
	outcomes map[string]outcome
	why      map[string]string // the last that a skipped test said
	said     []event
}

func newPack() *pack {
	return &pack{parents: make(map[string]bool), outcomes: make(map[string]outcome), why: make(map[string]string)}
}

func newReport(out io.Writer, verbose bool) *report {
	return &report{out: out, verbose: verbose, packages: make(map[string]*pack)}
}

// follow reads events until go test ends. A line that is none is printed as it is.
func (r *report) follow(events io.Reader) error {
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadString('\n')
		var e event
		switch {
		case line == "":
		case json.Unmarshal([]byte(line), &e) != nil:
			fmt.Fprint(r.out, line)
		case e.Package == "": // of a build
			fmt.Fprint(r.out, e.Output)
		default:
			r.see(e)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) see(e event) {
	p := r.packages[e.Package]
	if p == nil {
		p = newPack()
		r.packages[e.Package] = p
	}
	switch o := outcome(e.Action); {
	case e.Action == "run":
		p.names = append(p.names, e.Test)
		if i := strings.LastIndex(e.Test, "/"); i > 0 {
			p.parents[e.Test[:i]] = true
		}
	case e.Action == "output":
		p.said = append(p.said, e)
	case o != passed && o != failed && o != skipped:
	case e.Test == "":
		r.tell(p, o)
		p.said = nil
	default:
		p.outcomes[e.Test] = o
		if o == skipped {
			p.why[e.Test] = p.lastWord(e.Test)
		}
	}
}

// tell prints what is worth reading of a package that has ended.
func (r *report) tell(p *pack, end outcome) {
	for i, e := range p.said {
		switch {
		case r.verbose,
			e.Test == "" && (end == failed || i == len(p.said)-1),
			e.Test != "" && p.failed(e.Test) && !frame(e.Output):
			fmt.Fprint(r.out, e.Output)
		}
	}
}

// frame reports whether a line is go test's own, and says only that a test began, waits or goes on.
func frame(line string) bool { return strings.HasPrefix(line, "=== ") }

// failed reports whether a test failed, or did not end.
func (p *pack) failed(name string) bool {
	o := p.outcomes[name]
	return o != passed && o != skipped
}

// lastWord is the last line that a test said itself.
func (p *pack) lastWord(name string) string {
	for _, e := range slices.Backward(p.said) {
		if e.Test == name && !frame(e.Output) && !strings.HasPrefix(strings.TrimSpace(e.Output), "--- ") {
			return strings.TrimSpace(e.Output)
		}
	}
	return ""
}

// cells are the tests that a named test stands for: each that has none below it, and each that failed though all below
// it passed.
func (p *pack) cells(t test) (names []string) {
	for _, name := range p.names {
		if t.has(name) && (!p.parents[name] || p.failed(name) && !p.failedBelow(name)) {
			names = append(names, name)
		}
	}
	return names
}

func (p *pack) failedBelow(name string) bool {
	return slices.ContainsFunc(p.names, func(below string) bool {
		return strings.HasPrefix(below, name+"/") && p.failed(below)
	})
}
