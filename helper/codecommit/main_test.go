package codecommit_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/atomicfile"
	"credmint/helper/codecommit"
	"credmint/helper/filelock"
	"credmint/helper/gitcred"
)

// Variables that make the test's own binary the helper git calls: where it keeps its items, what its Session says, and
// by how much its clock is behind.
const (
	storeVar   = "CREDMINT_TEST_STORE"
	sessionVar = "CREDMINT_TEST_SESSION"
	behindVar  = "CREDMINT_TEST_BEHIND"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(storeVar)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := actAsHelper(dir); err != nil {
		fmt.Fprintln(os.Stderr, "helper: error:", err)
		os.Exit(1)
	}
}

func actAsHelper(dir string) error {
	behind, err := time.ParseDuration(cmp.Or(os.Getenv(behindVar), "0s"))
	if err != nil {
		return err
	}
	clock := func() time.Time { return time.Now().Add(-behind) }
	h := codecommit.Helper{
		Signers: signers{session: func(codecommit.Choice) (helper.Session, error) {
			s := session()
			s.Expires = clock().Add(time.Hour)
			switch os.Getenv(sessionVar) {
			case "":
				return s, nil
			case "none":
				return helper.Session{}, codecommit.ErrNoProfile
			}
			return helper.Session{}, errors.New(os.Getenv(sessionVar))
		}},
		Saved: gitcred.Saved{Secrets: &files{dir: dir}, Now: clock},
		Now:   clock,
	}
	return gitcred.Serve(context.Background(), os.Args[len(os.Args)-1], os.Stdin, os.Stdout, h)
}

// signers are the profiles of a table, chosen from as in earnest.
type signers struct {
	profiles
	session func(codecommit.Choice) (helper.Session, error)
}

func (s signers) Choose(t codecommit.Target) (codecommit.Choice, error) {
	return codecommit.Chooser{Profiles: s.profiles}.Choose(t)
}

func (s signers) Session(_ context.Context, c codecommit.Choice) (helper.Session, error) {
	return s.session(c)
}

// profiles is the accounts of profiles by name, in the order of order, and their claims and regions.
type profiles struct {
	order    []string
	accounts map[string]string
	regions  map[string]string
	claims   []codecommit.Claim
	broken   error
}

func (p profiles) Has(name string) (bool, error) { return slices.Contains(p.order, name), p.broken }

func (p profiles) OfAccount(account string) ([]string, error) {
	var names []string
	for _, name := range p.order {
		if p.accounts[name] == account {
			names = append(names, name)
		}
	}
	return names, p.broken
}

func (p profiles) Claims() ([]codecommit.Claim, error)   { return p.claims, p.broken }
func (p profiles) Region(profile string) (string, error) { return p.regions[profile], p.broken }

// files is a Secrets of plain files, each named by the hexadecimal of the item's name.
type files struct{ dir string }

func (f *files) path(name string) string {
	return filepath.Join(f.dir, hex.EncodeToString([]byte(name)))
}

func (f *files) Get(_ context.Context, name string) ([]byte, error) { return os.ReadFile(f.path(name)) }

// Update has a lock beside the directory: a git that fetches submodules calls helpers at the same time.
func (f *files) Update(ctx context.Context, name string, change func([]byte) ([]byte, map[string]string, error)) error {
	lock := filelock.New(f.dir + ".lock")
	if err := lock.Lock(); err != nil {
		return err
	}
	defer func() { _ = lock.Unlock() }()
	old, err := f.Get(ctx, name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	value, _, err := change(bytes.Clone(old))
	switch {
	case err != nil, bytes.Equal(old, value):
		return err
	case value == nil:
		return os.Remove(f.path(name))
	}
	return atomicfile.WriteUnsynced(f.path(name), value, 0o600)
}

// names counts the items.
func (f *files) names(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
