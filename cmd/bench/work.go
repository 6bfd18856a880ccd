package main

import (
	"errors"
	"fmt"
	"regexp"
)

// work is something that is measured again and again, and the lines of the table that follow from it.
type work struct {
	lines   []*line
	prepare func() error                    // once, before the first time
	once    func(turn int) ([]point, error) // a point for each line, or for the first ones
	every   int                             // it is done in one round of so many; zero: in each
}

// point is what one time gave.
type point struct {
	value float64 // in the line's unit
	ratio float64 // to a Go hello that ran beside it; zero: to nothing
}

// line is one of the table.
type line struct {
	name, unit string
	goal       goal
	points     []point
	why        string // there are no points
}

// missing says what a line would need that is not here.
type missing string

func (m missing) Error() string { return string(m) }

// choose leaves the works of which a line has a name that is asked for.
func choose(works []*work, rows *regexp.Regexp) (chosen []*work) {
	for _, wk := range works {
		for _, l := range wk.lines {
			if rows.MatchString(l.name) {
				chosen = append(chosen, wk)
				break
			}
		}
	}
	return chosen
}

// warmUp is how many rounds at the start do not count.
const warmUp = 2

// measure does each work in each round, beginning with another one each time.
func measure(works []*work, rounds int, show func(string)) error {
	var ready []*work
	for _, wk := range works {
		show("preparing: " + wk.lines[0].name)
		var lacks missing
		switch err := wk.prepare(); {
		case errors.As(err, &lacks):
			for _, l := range wk.lines {
				l.why = lacks.Error()
			}
		case err != nil:
			return fmt.Errorf("prepare %q: %w", wk.lines[0].name, err)
		default:
			ready = append(ready, wk)
		}
	}
	for round := range rounds + warmUp {
		show(fmt.Sprintf("round %d of %d", round+1, rounds+warmUp))
		for i := range ready {
			wk := ready[(i+round)%len(ready)]
			if wk.every > 0 && round%wk.every != 0 {
				continue
			}
			points, err := wk.once(round)
			if err != nil {
				return fmt.Errorf("%q: %w", wk.lines[0].name, err)
			}
			if round < warmUp && wk.every == 0 { // what is done seldom counts each time
				continue
			}
			for n, p := range points {
				wk.lines[n].points = append(wk.lines[n].points, p)
			}
		}
	}
	return nil
}
