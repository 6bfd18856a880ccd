package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

func TestSpread(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   spread
		text   string
	}{
		{[]float64{50}, spread{50, 50, 50, 50, 50}, "50"},
		{[]float64{3, 1, 2}, spread{1, 1.5, 2, 2.5, 3}, "2.00 (1.50 to 2.50)"},
		{[]float64{40, 10, 20, 30}, spread{10, 17.5, 25, 32.5, 40}, "25.0 (17.5 to 32.5)"},
		{[]float64{-1, 1000, 500}, spread{-1, 249.5, 500, 750, 1000}, "500 (250 to 750)"},
		{[]float64{16.292, 16.292}, spread{16.292, 16.292, 16.292, 16.292, 16.292}, "16.29"},
	} {
		got := spreadOf(tt.values)
		if got != tt.want || got.String() != tt.text {
			t.Errorf("spreadOf(%v) = %+v, %q; want %+v, %q", tt.values, got, got, tt.want, tt.text)
		}
	}
}

// A goal for a ratio looks at ratios, and one for a value at values.
func TestResults(t *testing.T) {
	works := []*work{
		{lines: []*line{
			{name: "slow beside a slow hello", unit: "ms", goal: times(2.4), points: []point{{30, 3}, {20, 2}, {24, 2.4}}},
			{name: "too slow", unit: "ms", goal: times(2.4), points: []point{{1, 2.5}}},
		}},
		{lines: []*line{{name: "difference", unit: "ms", goal: atMost(.3, "ms"), points: []point{{.31, .2}}}}},
		{lines: []*line{
			{name: "answered", goal: all(50), points: []point{{50, 0}, {49, 0}, {49, 0}}},
			{name: "not measured", goal: atMost(1, ""), why: "it is not here"},
		}},
	}
	want := map[string]string{
		"slow beside a slow hello": "yes", "too slow": "no", "difference": "no", "answered": "no", "not measured": "",
	}
	all := results(works, regexp.MustCompile(""))
	for _, r := range all {
		got := ""
		if r.Reached != nil {
			got = map[bool]string{true: "yes", false: "no"}[*r.Reached]
		}
		if got != want[r.Name] {
			t.Errorf("%s: reached %q, want %q", r.Name, got, want[r.Name])
		}
	}
	var table bytes.Buffer
	if err := printTable(&table, all); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`slow beside a slow hello +24\.0 \(22\.0 to 27\.0\) ms +2\.40 \(2\.20 to 2\.70\) +2\.4 x +yes`,
		`difference +0\.31 ms +0\.2 +0\.3 ms +no`, `not measured +it is not here +1`,
	} {
		if !regexp.MustCompile(`(?m)^` + line + `\s*$`).MatchString(table.String()) {
			t.Errorf("no line %s in\n%s", line, table.String())
		}
	}
	var document bytes.Buffer
	if err := printJSON(&document, results(works, regexp.MustCompile("^slow"))); err != nil {
		t.Fatal(err)
	}
	var read []result
	if err := json.Unmarshal(document.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	if len(read) != 1 || read[0].Times != 3 || read[0].Ratio.Median != 2.4 || read[0].Value.Most != 30 || !*read[0].Reached {
		t.Errorf("printed %s", strings.TrimSpace(document.String()))
	}
}
