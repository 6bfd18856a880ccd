package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"credmint/cmd/credmint/kept"
	"credmint/helper/shellword"
	"credmint/keychain"
)

type keychainMigrateCmd struct {
	Store     string `arg:"" names:"store" help:"The keychain that is to have the secrets, as \"credmint keychain list\" shows it."`
	From      string `names:"store" placeholder:"STORE" help:"Move only what this keychain has."`
	DryRun    bool   `short:"n" help:"Show what would be moved, and move nothing."`
	DeleteOld bool   `help:"Remove what was moved, now or before, from where it was."`
}

// Help promises.
func (keychainMigrateCmd) Help() string {
	return `Each secret is read back from where it is to be before anything else points there, and stays where it was as well, until
--delete-old is given, now or another time. A run that is killed loses nothing; the next one carries on.`
}

// Run chooses the store first, so that what other processes write meanwhile needs no moving.
func (c *keychainMigrateCmd) Run(ctx context.Context, a *app) error {
	if err := cmp.Or(a.knownStore(c.Store), a.knownStore(c.From)); err != nil {
		return err
	}
	k, err := a.keychain()
	if err != nil {
		return err
	}
	moves, err := c.moves(k)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.show(a, moves)
	}
	if k, err = a.use(ctx, c.Store); err != nil {
		return err
	}
	left, err := c.move(ctx, a, k, moves)
	if err != nil {
		return err
	}
	if err := c.clean(ctx, a, k); err != nil {
		return err
	}
	if left > 0 {
		return fmt.Errorf("%w: %s where before", errNotAll, stay(left))
	}
	return nil
}

// moves are the secrets that are elsewhere.
func (c *keychainMigrateCmd) moves(k *keychain.Keychain) (moves []keychain.Entry, err error) {
	entries, err := k.List("")
	for _, e := range entries {
		if e.Store != c.Store && (c.From == "" || c.From == e.Store) {
			moves = append(moves, e)
		}
	}
	return moves, err
}

func (c *keychainMigrateCmd) show(a *app, moves []keychain.Entry) error {
	if len(moves) == 0 {
		a.tell("there is nothing to move to %s", c.Store)
		return nil
	}
	t := a.table("SECRET", "FROM", "TO")
	for _, e := range moves {
		t.row(e.Name, e.Store, c.Store)
	}
	return t.Flush()
}

// move passes over secrets that are gone or damaged where they are, since moving mends nothing; any other fault would be
// the next one's too. left is how many it passed over.
func (c *keychainMigrateCmd) move(ctx context.Context, a *app, k *keychain.Keychain, moves []keychain.Entry) (left int, err error) {
	bar := a.bar("moving to " + c.Store)
	defer bar.end()
	for i, e := range moves {
		bar.at(i, len(moves))
		err := k.Move(ctx, e.Name, c.Store)
		switch {
		case errors.Is(err, keychain.ErrNotFound), errors.Is(err, keychain.ErrCorrupt):
			bar.end()
			a.warn(err)
			left++
		case err != nil:
			return left, advise(fmt.Errorf("%d of %s moved: %w", i-left, count(len(moves), "secret"), err),
				"nothing is lost: run it again when that is mended")
		}
	}
	bar.end()
	a.tell("moved %s to %s: %s", count(len(moves)-left, "secret"), c.Store, a.storeWhat(c.Store))
	return left, nil
}

// clean removes what was left behind, or says how to.
func (c *keychainMigrateCmd) clean(ctx context.Context, a *app, k *keychain.Keychain) error {
	entries, err := k.List("")
	if err != nil {
		return err
	}
	old, err := k.Old()
	if err != nil {
		return err
	}
	n := 0
	for _, e := range entries {
		if len(e.Copies) == 0 {
			continue
		}
		n++
		if c.DeleteOld {
			if err := k.RemoveCopies(ctx, e.Name); err != nil {
				return err
			}
		}
	}
	if !c.DeleteOld {
		if n > 0 || len(old) > 0 {
			a.tell("what they were moved from is kept as well, until `credmint keychain migrate %s --delete-old`", shellword.Quote(c.Store))
		}
		return nil
	}
	for _, store := range old {
		if err := k.RemoveOld(ctx, store, kept.Unlisted()...); err != nil {
			return err
		}
	}
	a.tell("removed the copies of %s from where they were", count(n, "secret"))
	return nil
}
