package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper/atomicfile"
	"credmint/helper/filelock"
	"credmint/helper/shellword"
	"credmint/keychain"
)

type rotateCmd struct {
	Profile   string `arg:"" optional:"" help:"The profile whose access key is replaced."`
	All       bool   `help:"All profiles that have a key in the keychain."`
	OlderThan age    `placeholder:"90d" help:"Only keys that were stored longer ago."`
	Grace     age    `default:"7d" help:"How long the old key stays, deactivated, before a later run deletes it; 0 deletes it at once."`
	Finish    bool   `help:"Delete the old key now, and begin nothing new."`
	Yes       bool   `short:"y" help:"Do not ask."`
}

// age is a time.Duration that may be written in days.
type age time.Duration

// UnmarshalText takes "90d", "0", and what time.ParseDuration does.
func (d *age) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		*d = age(time.Duration(n) * 24 * time.Hour)
		return err
	}
	parsed, err := time.ParseDuration(string(text))
	if err == nil && parsed < 0 {
		err = errors.New("a duration before now")
	}
	*d = age(parsed)
	return err
}

// Run rotates one key after the other. What fails with one does not keep the others.
func (c *rotateCmd) Run(ctx context.Context, a *app) error {
	if c.All && c.Profile != "" {
		return &usageError{errors.New("name a profile, or say --all")}
	}
	if !c.All {
		name, err := a.named(ctx, c.Profile, "<profile>, or --all", hasKey)
		if err != nil {
			return err
		}
		c.Profile = name
	}
	unlock, err := a.lockRotations()
	if err != nil {
		return err
	}
	defer unlock()
	names, err := c.names(a)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		a.tell("there is nothing to rotate")
	}
	var failed []error
	for _, name := range names {
		failed = append(failed, c.rotate(ctx, a, name))
	}
	return errors.Join(failed...)
}

// names are the profiles whose turn it is: rotations that have begun are carried on, whatever the age of the key. A key that
// several profiles have is rotated once, for all of them.
func (c *rotateCmd) names(a *app) ([]string, error) {
	k, err := a.keychain()
	if err != nil {
		return nil, err
	}
	entries, err := k.List(kept.KeyPrefix)
	if err != nil {
		return nil, err
	}
	var names []string
	seen := map[string]bool{}
	for _, e := range entries {
		name, id := strings.TrimPrefix(e.Name, kept.KeyPrefix), e.About[kept.AboutID]
		_, err := k.About(rotatePrefix + name)
		begun := err == nil
		stored, err := time.Parse(time.RFC3339, e.About[kept.AboutCreated])
		young := err == nil && a.now().Sub(stored) < time.Duration(c.OlderThan)
		switch {
		case !c.All && name != c.Profile, !begun && young, !begun && seen[id]:
			continue
		case begun:
			names = slices.Insert(names, 0, name) // before another profile begins with the same key
		default:
			names = append(names, name)
		}
		seen[id] = true
	}
	if !c.All && len(names) == 0 && c.OlderThan == 0 {
		names = []string{c.Profile} // what is wrong with it will be said
	}
	return names, nil
}

// rotate takes the steps that are left, each of which may be the first of a run.
func (c *rotateCmd) rotate(ctx context.Context, a *app, name string) error {
	record, err := a.rotationOf(ctx, name)
	if err != nil {
		return err
	}
	switch due := record.Retired.Add(time.Duration(c.Grace)); {
	case !record.begun() && c.Finish:
		a.tell("profile %s has no old key to delete", name)
		return nil
	case record.retired() && !c.Finish && a.now().Before(due):
		a.tell("the old key %s of profile %s is deactivated since %s; it is deleted by a run after %s, or by `credmint rotate --finish %s`",
			record.Old.ID, name, onDay(record.Retired), onDay(due), shellword.Argument(name))
		return nil
	}
	r, err := a.openRotation(ctx, name, record)
	if err != nil {
		return err
	}
	if record.retired() {
		return r.finish(ctx)
	}
	for _, step := range []func(context.Context) error{r.begin, r.create(c.Yes), r.verify, r.swap, r.retire} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if c.Finish || c.Grace == 0 {
		return r.finish(ctx)
	}
	a.tell("if something still used it, activate it again in IAM; a run of `credmint rotate %s` after %s deletes it",
		shellword.Argument(name), onDay(a.now().Add(time.Duration(c.Grace))))
	return nil
}

func onDay(t time.Time) string { return t.Local().Format("2 Jan 15:04") }

// lockRotations keeps other runs away: two would take the other's new key for a lost one. The kernel gives it up for a
// process that dies.
func (a *app) lockRotations() (unlock func(), err error) {
	dir, err := a.kept.DataDir()
	if err != nil {
		return nil, err
	}
	if err := atomicfile.MkdirPrivate(dir); err != nil {
		return nil, err
	}
	l := filelock.New(filepath.Join(dir, "rotate.lock"))
	held, err := l.TryLock()
	if err == nil && !held {
		err = errors.New("another credmint rotates keys now")
	}
	return func() { _ = l.Unlock() }, err
}

// dropRotation forgets a rotation, and both keys that it remembers. It returns the id of the old one, and "" where there
// was none.
func (a *app) dropRotation(ctx context.Context, name string) (old string, err error) {
	record, err := a.rotationOf(ctx, name)
	if err != nil || !record.begun() {
		return "", err
	}
	k, err := a.keychain()
	if err != nil {
		return "", err
	}
	if err := k.Delete(ctx, rotatePrefix+name); err != nil && !errors.Is(err, keychain.ErrNotFound) {
		return "", fmt.Errorf("profile %q: forget its rotation: %w", name, err)
	}
	return record.Old.ID, nil
}
