package doctor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"credmint/helper/doctor"
)

type check struct {
	name string
	look func(context.Context) ([]doctor.Finding, error)
}

func (c check) Name() string                                       { return c.name }
func (c check) Look(ctx context.Context) ([]doctor.Finding, error) { return c.look(ctx) }

// TestExamine: a check that hangs, deaf to its context, and one that fails cost the others nothing.
func TestExamine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := make(chan struct{})
		defer close(never)
		fine := []doctor.Finding{{Level: doctor.Fine, What: "as it should be"}}
		checks := []doctor.Check{
			check{"deaf", func(context.Context) ([]doctor.Finding, error) { <-never; return nil, nil }},
			check{"heeds", func(ctx context.Context) ([]doctor.Finding, error) { <-ctx.Done(); return nil, context.Cause(ctx) }},
			check{"fails", func(context.Context) ([]doctor.Finding, error) { return fine, errors.New("broken") }},
			check{"fine", func(context.Context) ([]doctor.Finding, error) { return fine, nil }},
		}
		began, done := time.Now(), 0
		results := doctor.Examine(t.Context(), checks, 5*time.Second, func(string) { done++ })
		if took := time.Since(began); took != 5*time.Second || done != len(checks) {
			t.Errorf("%d checks were done after %s, want all after 5s", done, took)
		}
		var got []string
		for _, r := range results {
			for _, f := range r.Findings {
				got = append(got, r.Check+": "+string(f.Level)+": "+f.What)
			}
		}
		want := []string{
			"deaf: error: no answer in time: 5s", "heeds: error: no answer in time: 5s",
			"fails: error: broken", "fails: ok: as it should be", "fine: ok: as it should be",
		}
		if !slices.Equal(got, want) {
			t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if n := doctor.Count(results, doctor.Fault); n != 3 {
			t.Errorf("%d faults, want 3", n)
		}
	})
}

// TestMend goes on past what fails.
func TestMend(t *testing.T) {
	works := func() (string, error) { return "mended", nil }
	fails := func() (string, error) { return "", errors.New("in the way") }
	did, err := doctor.Mend([]doctor.Result{{Findings: []doctor.Finding{{Fix: fails}, {}}}, {Findings: []doctor.Finding{{Fix: works}}}})
	if !slices.Equal(did, []string{"mended"}) || err == nil || err.Error() != "in the way" {
		t.Errorf("Mend = %q, %v", did, err)
	}
}
