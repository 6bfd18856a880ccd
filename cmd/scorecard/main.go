// Scorecard runs tests as go test does, and counts the cells of .github/SCORECARD.md that they are.
//
//	go run ./cmd/scorecard [-slow] [-v] [-letters ABC] [go test's flags] [./... and the like]
//
// It prints go test's line for each package, all that the failed tests said, a table of the letters, and last how many
// cells passed, failed and were skipped. It exits with 1 where a test failed, be it a cell or not; where a row names a
// test that is not there; and with CI=true where a cell was skipped, but for those of other systems.
//
//	-slow     every cell, and not a sample only: sets CREDMINT_SLOW=1
//	-v        print what passed tests say, too
//	-letters  run only the tests that these letters name
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "scorecard:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	o, err := parseOptions(args)
	if err != nil {
		return err
	}
	lines, err := goList(".", "-m", "-f", "{{.Path}}\n{{.Dir}}")
	if err != nil {
		return err
	}
	module, root := lines[0], lines[1]
	text, err := os.ReadFile(filepath.Join(root, ".github", "SCORECARD.md"))
	if err != nil {
		return err
	}
	c, err := parseCard(string(text), module)
	if err != nil {
		return err
	}
	runs, err := o.runs(c, root)
	if err != nil {
		return err
	}
	report := newReport(out, o.verbose)
	var failed error
	for _, args := range runs {
		if err := goTest(root, o.slow, args, report); err != nil {
			failed = err
		}
	}
	t := count(c, report, o)
	t.print(out)
	return errors.Join(failed, t.err(os.Getenv("CI") == "true"))
}
