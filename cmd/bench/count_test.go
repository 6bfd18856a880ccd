package main

import (
	"maps"
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		now, recorded float64
		verdict       string
		ok            bool
	}{
		{2, 2, "+0.0 %", true},
		{2.19, 2, "+9.5 %", true},
		{2.21, 2, "+10.5 %", false},
		{1.7, 2, "-15.0 %: record it", true},
		{2, 0, "+Inf %", false},
	} {
		if verdict, ok := judge(tt.now, tt.recorded); verdict != tt.verdict || ok != tt.ok {
			t.Errorf("judge(%v, %v) = %q, %t; want %q, %t", tt.now, tt.recorded, verdict, ok, tt.verdict, tt.ok)
		}
	}
}

func TestFigures(t *testing.T) {
	want := figures{{"callgrind", "amd64", "aws"}: 2.5, {"callgrind", "arm64", "aws"}: 3, {"perf", "amd64", "git-get"}: 2.125}
	got, err := parseFigures(want.String())
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("read back: %v, %v", got, err)
	}
	for text, wrong := range map[string]string{
		"# a comment\n\ncallgrind amd64 aws": "line 3:", "a b c d e": "line 1:", "a b c d": `"d"`, "a b c 0": `"0"`, "a b c NaN": `"NaN"`,
	} {
		if _, err := parseFigures(text); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("parseFigures(%q): %v, want %s", text, err, wrong)
		}
	}
}

// The figures of the repository are there for what is counted.
func TestRecorded(t *testing.T) {
	known, err := readFigures()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range subjects() {
		if known[figure{"callgrind", "amd64", s.name}] == 0 {
			t.Errorf("no figure of %s is recorded", s.name)
		}
	}
}

func TestReports(t *testing.T) {
	for report, want := range map[string]int64{
		"==1== Events    : Ir\n==1== Collected : 301376\n==1==\n":                   301376,
		"# started on Tue Nov 24\n\n412345,,instructions:u,5120000,100.00,,\n":      412345,
		"# started on Tue Nov 24\n\n<not supported>,,instructions:u,0,100.00,,\n":   0,
		"Callgrind: threads.c:247 (vgCallgrind_post_signal): Assertion … failed.\n": 0,
	} {
		got, err := find(perfCount, report)
		if err != nil {
			got, err = find(callgrindCount, report)
		}
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v", report, got, err)
		}
	}
}
