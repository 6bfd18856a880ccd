package main

import (
	"bufio"
	"fmt"
	"strings"

	"credmint/helper/doctor"
	"credmint/helper/prompt"
)

// mostShown is how many findings of one check a screen has room for.
const mostShown = 8

// mark is what stands before a finding, and its colour on a terminal.
func mark(l doctor.Level) (string, colour) {
	switch l {
	case doctor.Fine:
		return "✓", green
	case doctor.Warning:
		return "!", yellow
	case doctor.Fault:
		return "✗", red
	}
	return "·", faint
}

// showFindings shows what every check found, on one screen:
//
//	✓ keychain     the system's keychain keeps what it is given, and answers in 3 ms
//	✗ permissions  ~/.aws/config: others can write to it
//	                 → chmod go-w ~/.aws/config
func (a *app) showFindings(results []doctor.Result) error {
	out := bufio.NewWriter(a.stdout)
	width := 0
	for _, r := range results {
		width = max(width, len(r.Check))
	}
	l := a.look(a.stdout)
	for _, r := range results {
		name := r.Check
		for i, f := range r.Findings {
			if i == mostShown {
				fmt.Fprintf(out, "  %-*s  and %d more: `credmint doctor --json` has them all\n", width, name, len(r.Findings)-i)
				break
			}
			sign, colour := mark(f.Level)
			what := l.wrap(plainLine(place(f)+f.What), len("x ")+width+len(gap))
			fmt.Fprintf(out, "%s %-*s%s%s\n", l.paint(colour, sign), width, name, gap, what)
			if f.Mend != "" {
				fmt.Fprintf(out, "  %-*s    → %s\n", width, "", plainLine(f.Mend))
			}
			name = ""
		}
	}
	return out.Flush()
}

// plainLine makes text that came from outside one line that a terminal may get.
func plainLine(text string) string { return strings.ReplaceAll(prompt.Printable(text), "\n", " ") }

// place is where a finding is, for a person to go to.
func place(f doctor.Finding) string {
	switch {
	case f.File == "":
		return ""
	case f.Line == 0:
		return tilde(f.File) + ": "
	}
	return fmt.Sprintf("%s:%d: ", tilde(f.File), f.Line)
}
