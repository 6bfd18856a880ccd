package main

import (
	"errors"
	"regexp"
	"slices"
	"testing"
)

// Each round does each work once, beginning with another; warm-ups do not count; what is missing is said, and stops nothing.
func TestMeasure(t *testing.T) {
	var order []string
	of := func(name string, every int) *work {
		return &work{
			lines: []*line{{name: name}}, every: every, prepare: func() error { return nil },
			once: func(turn int) ([]point, error) {
				order = append(order, name)
				return []point{{value: float64(turn)}}, nil
			},
		}
	}
	a, b, seldom := of("a", 0), of("b", 0), of("seldom", 3)
	absent := of("absent", 0)
	absent.prepare = func() error { return missing("there is none") }
	if err := measure([]*work{a, absent, b, seldom}, 2, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a", "b", "seldom", "b", "a", "a", "b", "a", "b", "seldom"}; !slices.Equal(order, want) {
		t.Errorf("done in the order %v, want %v", order, want)
	}
	for wk, want := range map[*work][]point{a: {{value: 2}, {value: 3}}, seldom: {{value: 0}, {value: 3}}, absent: nil} {
		if got := wk.lines[0].points; !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", wk.lines[0].name, got, want)
		}
	}
	if absent.lines[0].why != "there is none" {
		t.Errorf("it is absent: %q", absent.lines[0].why)
	}
}

func TestMeasureFails(t *testing.T) {
	broken := errors.New("broken")
	for name, wk := range map[string]*work{
		"prepare": {lines: []*line{{}}, prepare: func() error { return broken }},
		"once":    {lines: []*line{{}}, prepare: func() error { return nil }, once: func(int) ([]point, error) { return nil, broken }},
	} {
		if err := measure([]*work{wk}, 1, func(string) {}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestChoose(t *testing.T) {
	hit, mint := &work{lines: []*line{{name: "hit"}, {name: "hit, CPU"}}}, &work{lines: []*line{{name: "mint"}}}
	for rows, want := range map[string][]*work{"": {hit, mint}, "CPU": {hit}, "^mint$": {mint}, "other": nil} {
		if got := choose([]*work{hit, mint}, regexp.MustCompile(rows)); !slices.Equal(got, want) {
			t.Errorf("choose(%q) = %v", rows, got)
		}
	}
}
