// Bench times credmint as its callers see it: whole processes, from their start to their last byte, beside a Go program
// that prints one line, so that the ratios hold on a machine whose speed drifts. It starts what it needs: the loopback AWS
// of the tests, and a gnome-keyring on a bus of its own (Debian: gnome-keyring, dbus). Other programs of the kind are
// measured beside it where they are in PATH.
//
//	go run ./cmd/bench [-n 60] [-rows REGEXP] [-json]
//	go run ./cmd/bench -count | -record
//
// The second form counts instructions instead, which hardly depend on what else the machine does. It fails where there are
// a tenth more than the figures in cmd/bench/figures.txt say, or writes that file.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"

	"golang.org/x/term"
)

// options are the command line's.
type options struct {
	rounds              int
	rows                *regexp.Regexp
	json, count, record bool
}

func main() {
	o := options{rows: regexp.MustCompile("")}
	flag.IntVar(&o.rounds, "n", 60, "rounds")
	flag.Func("rows", "only the rows whose name matches this `regexp`", func(text string) (err error) {
		o.rows, err = regexp.Compile(text)
		return err
	})
	flag.BoolVar(&o.json, "json", false, "print JSON")
	flag.BoolVar(&o.count, "count", false, "count instructions, and fail where there are a tenth more than recorded")
	flag.BoolVar(&o.record, "record", false, "count instructions, and record them")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "credmint-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	show := progress()
	defer show("")
	show("building")
	w, err := newWorld(ctx, dir)
	if err != nil {
		return err
	}
	defer w.close()
	switch {
	case o.record:
		return w.record(show)
	case o.count:
		return w.compare(show)
	}
	works := choose(append(w.rows(), w.peers()...), o.rows)
	if err := measure(works, o.rounds, show); err != nil {
		return err
	}
	show("")
	if o.json {
		return printJSON(os.Stdout, results(works, o.rows))
	}
	fmt.Printf("%d rounds, after %d that do not count\n", o.rounds, warmUp)
	return printTable(os.Stdout, results(works, o.rows))
}

// progress tells a person what is done now, in one line; the next one takes its place, and an empty one ends it.
func progress() func(string) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return func(string) {}
	}
	return func(text string) { fmt.Fprintf(os.Stderr, "\r\x1b[K%s", text) }
}
