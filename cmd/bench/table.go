package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
)

// goal is what a line should reach. The zero goal is none.
type goal struct {
	text    string
	reached func(value, ratio float64) bool // of medians
}

// times is so many times a Go hello at the most.
func times(most float64) goal {
	return goal{fmt.Sprintf("%g x", most), func(_, ratio float64) bool { return ratio <= most }}
}

// atMost is so much in the line's unit.
func atMost(most float64, unit string) goal {
	return goal{strings.TrimSpace(fmt.Sprintf("%g %s", most, unit)), func(value, _ float64) bool { return value <= most }}
}

// all is nothing less than so many.
func all(n int) goal {
	return goal{fmt.Sprint(n), func(value, _ float64) bool { return value >= float64(n) }}
}

// spread is where the values of a line are.
type spread struct {
	Least  float64 `json:"least"`
	Q1     float64 `json:"q1"`
	Median float64 `json:"median"`
	Q3     float64 `json:"q3"`
	Most   float64 `json:"most"`
}

// spreadOf wants at least one value.
func spreadOf(values []float64) spread {
	v := slices.Sorted(slices.Values(values))
	at := func(part float64) float64 { // between two values it is as far as part is
		place := part * float64(len(v)-1)
		low := int(place)
		high := min(low+1, len(v)-1)
		return v[low] + (v[high]-v[low])*(place-float64(low))
	}
	return spread{Least: v[0], Q1: at(.25), Median: at(.5), Q3: at(.75), Most: v[len(v)-1]}
}

// String is with three digits where there are fewer before the point.
func (s spread) String() string {
	digits := 2
	if math.Abs(s.Median) >= 100 {
		digits = 0
	} else if math.Abs(s.Median) >= 10 {
		digits = 1
	}
	if s.Least == s.Most {
		return fmt.Sprintf("%.*g", 4, s.Median)
	}
	return fmt.Sprintf("%.*f (%.*f to %.*f)", digits, s.Median, digits, s.Q1, digits, s.Q3)
}

// result is a line as it is printed.
type result struct {
	Name    string  `json:"name"`
	Unit    string  `json:"unit,omitempty"`
	Times   int     `json:"times"`
	Value   *spread `json:"value,omitempty"`
	Ratio   *spread `json:"ratio_to_hello,omitempty"`
	Goal    string  `json:"goal,omitempty"`
	Reached *bool   `json:"reached,omitempty"`
	Why     string  `json:"why_not_measured,omitempty"`
}

func (l *line) result() result {
	r := result{Name: l.name, Unit: l.unit, Times: len(l.points), Goal: l.goal.text, Why: l.why}
	if len(l.points) == 0 {
		return r
	}
	var values, ratios []float64
	for _, p := range l.points {
		values = append(values, p.value)
		if p.ratio != 0 {
			ratios = append(ratios, p.ratio)
		}
	}
	value, ratio := spreadOf(values), spread{}
	r.Value = &value
	if len(ratios) == len(values) {
		ratio = spreadOf(ratios)
		r.Ratio = &ratio
	}
	if l.goal.reached != nil {
		reached := l.goal.reached(value.Median, ratio.Median)
		r.Reached = &reached
	}
	return r
}

// results are those of the lines whose name is asked for.
func results(works []*work, rows *regexp.Regexp) (all []result) {
	for _, wk := range works {
		for _, l := range wk.lines {
			if rows.MatchString(l.name) {
				all = append(all, l.result())
			}
		}
	}
	return all
}

// printJSON prints an array, whose numbers are not rounded.
func printJSON(out io.Writer, all []result) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(all)
}

// printTable prints medians, and the quartiles beside them.
func printTable(out io.Writer, all []result) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tmedian (quartiles)\tx Go hello\tgoal\treached")
	for _, r := range all {
		value, ratio, reached := r.Why, "", ""
		if r.Value != nil {
			value = strings.TrimSpace(r.Value.String() + " " + r.Unit)
		}
		if r.Ratio != nil {
			ratio = r.Ratio.String()
		}
		if r.Reached != nil {
			reached = map[bool]string{true: "yes", false: "no"}[*r.Reached]
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.Name, value, ratio, r.Goal, reached)
	}
	return t.Flush()
}
