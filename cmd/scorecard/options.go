package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// options are what the command line says.
type options struct {
	slow, verbose bool
	letters       string   // empty: all of them
	flags         []string // go test's
	patterns      []string // of packages
}

// parseOptions takes out of a command line what go test does not know.
func parseOptions(args []string) (options, error) {
	var o options
	for i := 0; i < len(args); i++ {
		switch name, value, assigned := flagOf(args[i]); {
		case name == "slow":
			o.slow = true
		case name == "v":
			o.verbose = true
		case name == "letters":
			if !assigned {
				if i++; i == len(args) {
					return o, errors.New("-letters without letters")
				}
				value = args[i]
			}
			o.letters = strings.ToUpper(value)
		case strings.HasPrefix(args[i], "."):
			o.patterns = append(o.patterns, args[i])
		default:
			o.flags = append(o.flags, args[i])
		}
	}
	return o, nil
}

// flagOf takes a flag apart; what is none has no name.
func flagOf(arg string) (name, value string, assigned bool) {
	bare := strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-")
	if bare == arg {
		return "", "", false
	}
	return strings.Cut(bare, "=")
}

// whole reports whether go test was told to leave none of a package's tests out.
func (o options) whole() bool {
	return !slices.ContainsFunc(o.flags, func(arg string) bool {
		name, _, _ := flagOf(arg)
		return slices.Contains([]string{"run", "skip", "list"}, strings.TrimPrefix(name, "test."))
	})
}

// asks reports whether the row's letter is to be tried.
func (o options) asks(r row) bool { return o.letters == "" || strings.Contains(o.letters, r.letter) }

// runs are the arguments of each go test that is to run.
func (o options) runs(c card, root string) ([][]string, error) {
	if o.letters == "" {
		return [][]string{slices.Concat(o.flags, o.patterns)}, nil
	}
	asked := func(string) bool { return true }
	if o.patterns != nil {
		packages, err := goList(root, o.patterns...)
		if err != nil {
			return nil, err
		}
		asked = func(pkg string) bool { return slices.Contains(packages, pkg) }
	}
	var packages []string
	tests := make(map[string][]string)
	for _, r := range c.rows {
		for _, t := range r.tests {
			if !o.asks(r) || !t.here() || !asked(t.pkg) {
				continue
			}
			if tests[t.pkg] == nil {
				packages = append(packages, t.pkg)
			}
			tests[t.pkg] = append(tests[t.pkg], t.pattern())
		}
	}
	if packages == nil {
		return nil, fmt.Errorf("no row of %s names a test of these packages", o.letters)
	}
	var runs [][]string
	for _, pkg := range packages {
		runs = append(runs, slices.Concat(o.flags, []string{"-run", strings.Join(tests[pkg], "|"), pkg}))
	}
	return runs, nil
}
