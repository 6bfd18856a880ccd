package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"credmint/helper/prompt"
)

// table is a list for people. On a terminal that is too narrow for it, columns are shortened and left out, in so far as
// they say that they may be. It is written at once: 1,500 lines are one call of the system.
type table struct {
	out     io.Writer
	look    look
	columns []column
	rows    [][]cell
}

// column is a heading, and what may be done to the column where there is little room.
type column struct {
	heading string
	least   int // characters that it may be shortened to; zero: it is shown in full
	spare   int // the highest of a table is left out first; zero: never
}

// cell is a text, and the colour that it has where there are colours.
type cell struct {
	text string
	colour
}

// gap is what separates two columns.
const gap = "  "

func (a *app) table(headings ...string) *table { return newTable(a.stdout, headings...) }

// fitted is a table that fits the terminal, if stdout is one.
func (a *app) fitted(columns []column) *table {
	t := &table{out: a.stdout, look: a.look(a.stdout), columns: columns}
	t.headings()
	return t
}

func (t *table) headings() {
	headings := make([]string, len(t.columns))
	for i, c := range t.columns {
		headings[i] = c.heading
	}
	t.row(headings...)
}

// newTable makes a table whose columns are as wide as they need to be.
func newTable(w io.Writer, headings ...string) *table {
	t := &table{out: w}
	for _, h := range headings {
		t.columns = append(t.columns, column{heading: h})
	}
	t.headings()
	return t
}

// row adds a line. Cells may hold text that came from outside.
func (t *table) row(texts ...string) {
	cells := make([]cell, len(texts))
	for i, text := range texts {
		cells[i].text = text
	}
	t.cells(cells)
}

func (t *table) cells(cells []cell) {
	for i := range cells {
		cells[i].text = strings.ReplaceAll(prompt.Printable(cells[i].text), "\n", " ")
	}
	t.rows = append(t.rows, cells)
}

// Flush writes the table.
func (t *table) Flush() error {
	widths := t.fit()
	var out strings.Builder
	for _, row := range t.rows {
		space := ""
		for i, c := range row {
			if widths[i] == 0 {
				continue
			}
			text := c.text
			if t.look.width > 0 {
				text = shorten(text, widths[i])
			}
			out.WriteString(space)
			out.WriteString(t.look.paint(c.colour, text))
			space = strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(text))) + gap
		}
		out.WriteByte('\n')
	}
	_, err := io.WriteString(t.out, out.String())
	return err
}

// fit says how wide each column is; zero: it is left out.
func (t *table) fit() []int {
	widths := t.natural()
	for {
		over := -len(gap) - t.look.width
		for _, w := range widths {
			if w > 0 {
				over += w + len(gap)
			}
		}
		if t.look.width == 0 || over <= 0 {
			return widths
		}
		for i, c := range slices.Backward(t.columns) { // the first is what one types to mean the line
			if c.least > 0 && widths[i] > c.least {
				less := min(over, widths[i]-c.least)
				widths[i], over = widths[i]-less, over-less
			}
		}
		if over > 0 && !t.leaveOut(widths) {
			return widths
		}
	}
}

// natural is how wide the columns would be. What ends a line early takes the room of all that is not there.
func (t *table) natural() []int {
	widths := make([]int, len(t.columns))
	for i := range widths {
		widths[i] = 1
	}
	for _, row := range t.rows {
		for i, c := range row {
			if i < len(row)-1 || len(row) == len(t.columns) {
				widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
			}
		}
	}
	return widths
}

// leaveOut takes away the column that is missed least, and gives the others back what they were shortened by.
func (t *table) leaveOut(widths []int) bool {
	spare := -1
	for i, c := range t.columns {
		if widths[i] > 0 && c.spare > 0 && (spare < 0 || c.spare > t.columns[spare].spare) {
			spare = i
		}
	}
	if spare < 0 {
		return false
	}
	for i, n := range t.natural() {
		if widths[i] > 0 && i != spare {
			widths[i] = n
		} else {
			widths[i] = 0
		}
	}
	return true
}

// printJSON is the same list for programs.
func (a *app) printJSON(list any) error {
	out := json.NewEncoder(a.stdout)
	out.SetIndent("", "  ")
	return out.Encode(list)
}

// ago is how long something is past.
func ago(d time.Duration) string { return short(d) + " ago" }

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
