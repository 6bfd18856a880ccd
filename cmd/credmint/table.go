package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"credmint/helper/prompt"
)

// table is a list for people. A tabwriter writes each cell for itself, and the space between, so what it writes is
// gathered: 1,500 lines are one call of the system and not fifteen thousand.
type table struct {
	*tabwriter.Writer
	out *bufio.Writer
}

func (a *app) table(names ...string) table { return newTable(a.stdout, names...) }

func newTable(w io.Writer, names ...string) table {
	out := bufio.NewWriter(w)
	t := table{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0), out}
	t.row(names...)
	return t
}

// Flush writes the table.
func (t table) Flush() error {
	if err := t.Writer.Flush(); err != nil {
		return err
	}
	return t.out.Flush()
}

// row writes a line. Cells may hold text that came from outside.
func (t table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(prompt.Printable(cell), "\n", " ")
	}
	fmt.Fprintln(t, strings.Join(cells, "\t"))
}

// printJSON is the same list for programs.
func (a *app) printJSON(list any) error {
	out := json.NewEncoder(a.stdout)
	out.SetIndent("", "  ")
	return out.Encode(list)
}

// ago is how long something is past, in days.
func ago(d time.Duration) string {
	if days := int(d.Hours() / 24); days != 1 {
		return fmt.Sprintf("%d days ago", days)
	}
	return "1 day ago"
}

// count is a number of things.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// someTime is a time that JSON leaves out where there is none.
func someTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
