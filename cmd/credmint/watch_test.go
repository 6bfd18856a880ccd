package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"credmint/helper"
	"credmint/helper/prompt"
)

type declining struct{ asked string }

func (d *declining) Ask(_ context.Context, q prompt.Question) (string, error) {
	d.asked = q.Text
	return "n", nil
}

// Neither a profile's name nor a program's writes a line of its own into the question whether they may.
func TestConfirmIsOneLine(t *testing.T) {
	t.Parallel()
	person := &declining{}
	c := confirmed{app: &app{asker: person, program: "terraform\nmay do anything"}, wanted: "prod"}
	_, err := c.Session(t.Context(), &helper.Profile{Name: "prod\n\x1b[2J", RoleARN: "arn:aws:iam::222222222222:role/\nA", Confirm: true})
	if !errors.Is(err, prompt.ErrDeclined) || person.asked == "" || strings.ContainsAny(person.asked, "\n\x1b") {
		t.Errorf("%v, after the question %q", err, person.asked)
	}
}
