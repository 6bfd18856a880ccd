package main

import (
	"fmt"
	"strings"
	"testing"
)

// stream writes what go test -json would. Each event is "action test text"; a test named "-" is the package.
func stream(events ...string) string {
	var b strings.Builder
	for _, e := range events {
		action, rest, _ := strings.Cut(e, " ")
		name, text, said := strings.Cut(rest, " ")
		fmt.Fprintf(&b, `{"Action":%q,"Package":"m/p"`, action)
		if name != "-" {
			fmt.Fprintf(&b, `,"Test":%q`, name)
		}
		if said {
			fmt.Fprintf(&b, `,"Output":%q`, text+"\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

var (
	passing = stream("start -", "run TestOne", "output TestOne === RUN   TestOne", "output TestOne     a_test.go:1: a log",
		"output TestOne --- PASS: TestOne", "pass TestOne", "output - PASS", "output - ok m/p 1.2s", "pass -")
	mixed = stream("start -", "run TestTop", "run TestTop/good", "output TestTop/good     a_test.go:1: fine", "pass TestTop/good",
		"run TestTop/bad", "output TestTop/bad === RUN   TestTop/bad", "output TestTop/bad     a_test.go:2: wrong", "fail TestTop/bad",
		"run TestTop/not", "output TestTop/not     a_test.go:3: install strace", "output TestTop/not --- SKIP: TestTop/not", "skip TestTop/not",
		"output TestTop --- FAIL: TestTop", "fail TestTop", "output - FAIL", "output - FAIL m/p 1s", "fail -")
	died = stream("start -", "run TestTop", "run TestTop/last", "output TestTop/last panic: boom", "output - FAIL m/p 1s", "fail -")
	late = stream("start -", "run TestTop", "run TestTop/good", "pass TestTop/good", "output TestTop     a_test.go:9: afterwards", "fail TestTop", "output - FAIL m/p 1s", "fail -")
)

func TestReportPrints(t *testing.T) {
	for name, c := range map[string]struct {
		events  string
		verbose bool
		want    string
	}{
		"passing": {events: passing, want: "ok m/p 1.2s\n"},
		"verbose": {
			events: passing, verbose: true,
			want: "=== RUN   TestOne\n    a_test.go:1: a log\n--- PASS: TestOne\nPASS\nok m/p 1.2s\n",
		},
		"failing": {events: mixed, want: "    a_test.go:2: wrong\n--- FAIL: TestTop\nFAIL\nFAIL m/p 1s\n"},
		"dying":   {events: died, want: "panic: boom\nFAIL m/p 1s\n"},
		"building": {
			events: `{"ImportPath":"m/p","Action":"build-output","Output":"x.go:1: syntax\n"}` + "\n" +
				stream("start -", "output - FAIL m/p [build failed]", "fail -"),
			want: "x.go:1: syntax\nFAIL m/p [build failed]\n",
		},
		"no event, and no last line": {events: "go: warning\n" + strings.TrimSuffix(passing, "\n"), want: "go: warning\nok m/p 1.2s\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := newReport(&out, c.verbose).follow(strings.NewReader(c.events)); err != nil || out.String() != c.want {
				t.Errorf("it prints %q, %v, want %q", &out, err, c.want)
			}
		})
	}
}

func TestCount(t *testing.T) {
	for name, c := range map[string]struct {
		events, tests  string
		flags          []string
		want, ci, here string // counts, and the error where everything must be there and where not
	}{
		"one test":              {events: passing, tests: "p TestOne", want: "1 1 0 0"},
		"each leaf":             {events: mixed, tests: "p TestTop", want: "3 1 1 1", ci: "failed: 1 skipped: 1", here: "failed: 1"},
		"a part":                {events: mixed, tests: "p TestTop/good", want: "1 1 0 0"},
		"counted once":          {events: mixed, tests: "p TestTop/good, p TestTop/good", want: "1 1 0 0"},
		"skipped":               {events: mixed, tests: "p TestTop/not", want: "1 0 0 1", ci: "skipped: 1"},
		"of another system":     {events: mixed, tests: "p TestTop/not (plan9), p TestElsewhere (plan9)", want: "1 0 0 1"},
		"no end is a failure":   {events: died, tests: "p TestTop", want: "1 0 1 0", ci: "failed: 1", here: "failed: 1"},
		"failed after its part": {events: late, tests: "p TestTop", want: "2 1 1 0", ci: "failed: 1", here: "failed: 1"},
		"not there":             {events: passing, tests: "p TestOn", want: "0 0 0 0", ci: "did not run: 1", here: "did not run: 1"},
		"not asked for":         {events: passing, tests: "p TestTwo", flags: []string{"-run", "One"}, want: "0 0 0 0"},
		"of another package":    {events: passing, tests: "q TestTwo", want: "0 0 0 0"},
	} {
		t.Run(name, func(t *testing.T) {
			card, err := parseCard(head+"| A1 | do | see | "+c.tests+" |\n", "m")
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			report := newReport(&out, false)
			if err := report.follow(strings.NewReader(c.events)); err != nil {
				t.Fatal(err)
			}
			tally := count(card, report, options{flags: c.flags})
			a := tally.all
			if got := fmt.Sprint(a.cells, a.passed, a.failed, a.skipped); got != c.want || tally.letters[0].cells != a.cells {
				t.Errorf("cells, passed, failed, skipped = %s, want %s", got, c.want)
			}
			for everything, want := range map[bool]string{true: c.ci, false: c.here} {
				if got := short(tally.err(everything)); got != want {
					t.Errorf("err(%v) = %q, want %q", everything, got, want)
				}
			}
			tally.print(&out)
			if got, want := lastLine(out.String()), fmt.Sprintf("%d passed, %d failed, %d skipped", a.passed, a.failed, a.skipped); got != want {
				t.Errorf("the last line is %q, want %q", got, want)
			}
			if a.skipped > 0 && c.ci != "" && !strings.Contains(out.String(), "skipped A1: m/p TestTop/not: a_test.go:3: install strace\n") {
				t.Errorf("it does not say why it skipped: %s", &out)
			}
		})
	}
}

func short(err error) string {
	if err == nil {
		return ""
	}
	return strings.NewReplacer("tests of the card that ", "", "cells that ", "", "were ", "", "\n", " ").Replace(err.Error())
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	return lines[len(lines)-1]
}
