package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"credmint/helper"
	"credmint/helper/prompt"
)

// errNoneToPick says that no profile is one that a command is about.
var errNoneToPick = errors.New("no profile is one for this command")

// pick is the profile that a person means by a name that may be empty: $AWS_PROFILE then; else the one they pick from the
// list; else, where nobody is at a terminal or there is no list, "default". It is for commands that people type; what
// programs call never asks.
func (a *app) pick(ctx context.Context, name string) (string, error) {
	return a.pickOr(ctx, name, anyProfile)
}

// pickOr picks among those profiles that suit, and what there is besides them. What is wrong with a profile may be what
// it is picked for: suits is asked of nil where it cannot be resolved.
func (a *app) pickOr(ctx context.Context, name string, suits func(*helper.Profile) bool, besides ...prompt.Item) (string, error) {
	if name == "" && a.getenv("AWS_PROFILE") == "" {
		picked, err := a.choose(ctx, suits, besides...)
		if err == nil || !errors.Is(err, prompt.ErrNobody) && !errors.Is(err, errNoneToPick) {
			return picked, err
		}
	}
	return a.profileName(name), nil
}

// named is the name as it was given, or else the one that is picked. Where it cannot be, the command line lacks a word: what
// the command does is not to be done to a profile that nobody named.
func (a *app) named(ctx context.Context, name, word string, suits func(*helper.Profile) bool) (string, error) {
	if name != "" {
		return name, nil
	}
	name, err := a.choose(ctx, suits)
	if errors.Is(err, prompt.ErrNobody) {
		return "", &usageError{fmt.Errorf("expected %q", word)}
	}
	return name, err
}

func anyProfile(*helper.Profile) bool { return true }

// choose shows the list, the last used first, to who typed the command at a terminal. Who leaves it is told nothing more:
// the exit code is 1. The only line of a list is not asked for.
func (a *app) choose(ctx context.Context, suits func(*helper.Profile) bool, besides ...prompt.Item) (string, error) {
	if !a.attended() {
		return "", fmt.Errorf("a program asks: %w", prompt.ErrNobody)
	}
	rows, err := a.rows()
	if err != nil {
		return "", err
	}
	var items []prompt.Item
	for _, r := range rows {
		if suits(r.resolved) {
			items = append(items, prompt.Item{Name: r.Profile, About: r.about(a.now())})
		}
	}
	items = append(items, besides...)
	switch len(items) {
	case 0:
		return "", advise(errNoneToPick, "run `credmint add PROFILE` to store an access key, or `credmint list` to see the profiles")
	case 1:
		return items[0].Name, nil
	}
	name, err := prompt.Chosen{Getenv: a.getenv}.Pick(ctx, "Profile", items)
	if errors.Is(err, prompt.ErrDeclined) {
		return "", &passedOn{code: exitFailed}
	}
	return name, err
}

// attended reports whether a person typed this command: nobody else gives it a terminal to read from.
func (a *app) attended() bool {
	in, ok := a.stdin.(*os.File)
	return ok && term.IsTerminal(int(in.Fd()))
}

// about is what tells a profile from others in a list to choose from.
func (r row) about(now time.Time) string {
	return fmt.Sprintf("%-9s  %-12s  %-20s  %s", orDash(r.Kind), orDash(r.AccountID), orDash(r.who()), r.state(now, look{}).text)
}
