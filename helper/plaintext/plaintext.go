// Package plaintext finds secrets that lie in the open, such as passwords in ~/.netrc, and moves them to where they
// belong. What it takes it reads back from there first, and only then removes it here: a crash at any moment leaves a
// secret in both places, and never in none.
//
// It guesses nothing: what different programs would read differently it leaves where it is, and says so. Of the files
// it edits it keeps every byte that is not part of what it took.
package plaintext

import (
	"context"
	"errors"
	"fmt"
)

// Source is a place where secrets lie in the open. Each kind has a file of its own in this package.
type Source interface {
	// Name is what a person types to mean it: "netrc".
	Name() string
	// Find reads all of it. A place that does not exist holds nothing.
	Find(ctx context.Context) ([]Found, error)
	// Remove removes exactly the secrets given, which Find has found. What is gone already is no error.
	Remove(ctx context.Context, taken []Found) error
}

// Found is a secret in the open.
type Found struct {
	Where  string // a file's path, or the program that has it
	Line   int    // of the file, 1 is the first; 0 where there are none
	Name   string // what it opens, such as "alice at https://git.example.com"; not secret
	Stays  string // why it cannot be moved; empty where it can
	Secret Secret // nil where it stays
}

// Secret is one that can be moved, and knows where it belongs.
type Secret interface {
	// Place names where it will be kept: secrets with the same Place exclude each other.
	Place() string
	// Kept looks there: whether anything is kept, and whether it is this secret.
	Kept(ctx context.Context) (kept, same bool, err error)
	// Keep puts it there, in the place of what may be kept.
	Keep(ctx context.Context) error
	// Equal reports whether the other is the same secret for the same place.
	Equal(other Secret) bool
}

// Action is what is to be done with a secret in the open.
type Action string

const (
	Move   Action = "move"   // keep it, and remove it here
	Remove Action = "remove" // it is kept already
	Leave  Action = "leave"
)

// Step is one line of a plan.
type Step struct {
	Found
	Action Action
	Reason string // why it is left, or what else is to be known

	source Source
}

// Plan says what is to be done with everything in the sources, in their order, and changes nothing. A source that cannot
// be read is part of the error, and does not keep the others from being planned. With replace a kept secret gives way
// to another one found here.
func Plan(ctx context.Context, sources []Source, replace bool) ([]Step, error) {
	var (
		steps  []Step
		failed []error
		seen   = map[string]Step{}
	)
	for _, source := range sources {
		found, err := source.Find(ctx)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		for _, f := range found {
			s := Step{Found: f, source: source}
			if err := s.decide(ctx, replace, seen); err != nil {
				return nil, err
			}
			steps = append(steps, s)
		}
	}
	return steps, errors.Join(failed...)
}

// decide fills in the action. Of several secrets for one place the first counts, as it does for those who read such
// files.
func (s *Step) decide(ctx context.Context, replace bool, seen map[string]Step) error {
	s.Action = Leave
	if s.Stays != "" {
		s.Reason = s.Stays
		return nil
	}
	kept, same, err := s.Secret.Kept(ctx)
	if err != nil {
		return err
	}
	first, again := seen[s.Secret.Place()]
	switch {
	case same:
		s.Action, s.Reason = Remove, "it is kept already"
	case again && first.Action != Leave && s.Secret.Equal(first.Secret):
		s.Action, s.Reason = Remove, "it stands in the open twice"
	case again && first.Action != Leave:
		s.Reason = "it is not the first one for the same login"
	case !kept:
		s.Action = Move
	case replace:
		s.Action, s.Reason = Move, "another one is kept, and replaced"
	default:
		s.Reason = "another one is kept"
	}
	if !again {
		seen[s.Secret.Place()] = *s
	}
	return nil
}

// Apply does what the plan says, source by source, and reports each step after it is done. Nothing of a source is
// removed before all of its secrets that are to go have been read back from where they are kept. With copy nothing is
// removed at all.
func Apply(ctx context.Context, plan []Step, copy bool, done func(Step)) error {
	for len(plan) > 0 {
		n := 1
		for n < len(plan) && plan[n].source == plan[0].source {
			n++
		}
		if err := apply(ctx, plan[:n], copy, done); err != nil {
			return err
		}
		plan = plan[n:]
	}
	return nil
}

// apply does the steps of one source.
func apply(ctx context.Context, steps []Step, copy bool, done func(Step)) error {
	var taken []Found
	for _, s := range steps {
		if s.Action == Leave {
			continue
		}
		if s.Action == Move {
			if err := s.Secret.Keep(ctx); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		}
		switch _, same, err := s.Secret.Kept(ctx); {
		case err != nil:
			return fmt.Errorf("read back %s: %w", s.Name, err)
		case !same:
			return fmt.Errorf("%s is not kept as it was found: it is left in %s", s.Name, s.Where)
		}
		taken = append(taken, s.Found)
	}
	if len(taken) > 0 && !copy {
		if err := steps[0].source.Remove(ctx, taken); err != nil {
			return err
		}
	}
	for _, s := range steps {
		done(s)
	}
	return nil
}
