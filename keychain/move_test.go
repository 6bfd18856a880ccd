//go:build linux

package keychain_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"credmint/helper/filelock"
	"credmint/keychain"
)

// memory is a store that fails when it is told to.
type memory struct {
	items map[string]string
	fails error
	after int // so many more calls succeed
}

func (m *memory) call() error {
	if m.after--; m.fails != nil && m.after < 0 {
		return m.fails
	}
	return nil
}

func (m *memory) Get(_ context.Context, item string) (string, error) {
	if err := m.call(); err != nil {
		return "", err
	}
	value, ok := m.items[item]
	if !ok {
		return "", keychain.ErrNotFound
	}
	return value, nil
}

func (m *memory) Set(_ context.Context, item, value string) error {
	if err := m.call(); err != nil {
		return err
	}
	m.items[item] = value
	return nil
}

func (m *memory) Delete(_ context.Context, item string) error {
	if err := m.call(); err != nil {
		return err
	}
	if _, ok := m.items[item]; !ok {
		return keychain.ErrNotFound
	}
	delete(m.items, item)
	return nil
}

func (m *memory) Limit() int { return 40 }

// two are the stores "one", which is in use, and "two".
func two(t *testing.T) (one, other *memory, open func(choice string) *keychain.Keychain) {
	t.Helper()
	dir := t.TempDir()
	one, other = &memory{items: map[string]string{}}, &memory{items: map[string]string{}}
	return one, other, func(choice string) *keychain.Keychain {
		k, err := keychain.Open(keychain.Options{Dir: dir, Choice: choice, NewLock: filelock.New, Other: func(name string) keychain.Store {
			return map[string]keychain.Store{"one": one, "two": other}[name]
		}})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
}

func get(t *testing.T, k *keychain.Keychain, name, want string) {
	t.Helper()
	if got, err := k.Get(t.Context(), name); err != nil || string(got) != want {
		t.Errorf("Get(%s) = %q, %v, want %q", name, got, err, want)
	}
}

const long = "a secret that is kept in several parts, for it is longer than forty bytes"

func TestMove(t *testing.T) {
	one, other, open := two(t)
	about := map[string]string{"id": "1"}
	if err := open("one").Set(t.Context(), "aws/a", []byte(long), about); err != nil {
		t.Fatal(err)
	}
	k := open("")
	for range 2 { // the second time there is nothing to do
		if err := k.Move(t.Context(), "aws/a", "two"); err != nil {
			t.Fatal(err)
		}
	}
	e, err := k.List("")
	if err != nil || len(e) != 1 || e[0].Store != "two" || !slices.Equal(e[0].Copies, []string{"one"}) || !maps.Equal(e[0].About, about) {
		t.Errorf("the index says %+v, %v", e, err)
	}
	if len(one.items) == 0 {
		t.Error("the old one is gone before anybody said so")
	}
	get(t, open(""), "aws/a", long)
	if err := k.RemoveCopies(t.Context(), "aws/a"); err != nil || len(one.items) != 0 {
		t.Errorf("RemoveCopies = %v, and %d items are left", err, len(one.items))
	}
	get(t, open(""), "aws/a", long)
	if err := k.Delete(t.Context(), "aws/a"); err != nil || len(other.items) != 0 {
		t.Errorf("Delete = %v, and %d items are left", err, len(other.items))
	}
	if err := k.Move(t.Context(), "aws/a", "one"); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("Move of nothing = %v", err)
	}
}

// Whatever fails, and whenever it does, the secret is what it was, and another try succeeds.
func TestMoveFails(t *testing.T) {
	for _, from := range []bool{true, false} {
		for after := 0; ; after++ {
			one, other, open := two(t)
			if err := open("one").Set(t.Context(), "aws/a", []byte(long), map[string]string{}); err != nil {
				t.Fatal(err)
			}
			bad := other
			if from {
				bad = one
			}
			bad.fails, bad.after = keychain.ErrTimeout, after
			err := open("").Move(t.Context(), "aws/a", "two")
			done := bad.after >= 0
			bad.fails = nil
			if done != (err == nil) || err != nil && !errors.Is(err, keychain.ErrTimeout) {
				t.Errorf("from %v, after %d: Move = %v", from, after, err)
			}
			get(t, open(""), "aws/a", long)
			if err := open("").Move(t.Context(), "aws/a", "two"); err != nil {
				t.Errorf("from %v, after %d: again: %v", from, after, err)
			}
			get(t, open(""), "aws/a", long)
			if done {
				if after == 0 {
					t.Error("it never failed")
				}
				break
			}
		}
	}
}

// A secret that is removed is removed from where it was, too; one that is written anew leaves a trace of where it was.
func TestCopies(t *testing.T) {
	one, other, open := two(t)
	if err := open("one").Set(t.Context(), "aws/a", []byte("old"), map[string]string{}); err != nil {
		t.Fatal(err)
	}
	if err := open("two").Set(t.Context(), "aws/a", []byte("new"), map[string]string{}); err != nil {
		t.Fatal(err)
	}
	get(t, open(""), "aws/a", "new")
	one.fails = keychain.ErrLocked
	if err := open("").Delete(t.Context(), "aws/a"); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("Delete, with a copy that cannot be removed = %v", err)
	}
	one.fails = nil
	if err := open("").Delete(t.Context(), "aws/a"); err != nil && !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("Delete = %v", err)
	}
	if len(one.items) != 0 || len(other.items) != 0 {
		t.Errorf("left: %v, %v", one.items, other.items)
	}
	if e, err := open("").List(""); err != nil || len(e) != 0 {
		t.Errorf("the index says %v, %v", e, err)
	}
}

// The unlisted go along with the choice, and are remembered where they stay.
func TestUse(t *testing.T) {
	one, other, open := two(t)
	if err := open("one").Set(t.Context(), "cache-key", []byte("key"), nil); err != nil {
		t.Fatal(err)
	}
	if left, err := open("").Use(t.Context(), "two", "cache-key"); left != nil || err != nil {
		t.Fatalf("Use = %v, %v", left, err)
	}
	if got := open("").Choice(); got != "two" {
		t.Errorf("Choice = %s", got)
	}
	get(t, open(""), "cache-key", "key")
	if old, err := open("").Old(); err != nil || !slices.Equal(old, []string{"one"}) {
		t.Errorf("Old = %v, %v", old, err)
	}
	if err := open("").RemoveOld(t.Context(), "one", "cache-key"); err != nil || len(one.items) != 0 {
		t.Errorf("RemoveOld = %v, and %v is left", err, one.items)
	}
	if old, err := open("").Old(); err != nil || len(old) != 0 {
		t.Errorf("Old = %v, %v", old, err)
	}
	get(t, open(""), "cache-key", "key")
	if err := open("").RemoveOld(t.Context(), "two", "cache-key"); err != nil {
		t.Errorf("RemoveOld of the store in use = %v", err)
	}
	get(t, open(""), "cache-key", "key")

	// One that cannot be had is left; one that keeps nothing is not chosen; neither is one that nobody knows.
	other.fails, other.after = fmt.Errorf("%w: for a test", keychain.ErrUnavailable), 0
	left, err := open("").Use(t.Context(), "one", "cache-key")
	if !errors.Is(left, keychain.ErrUnavailable) || err != nil || open("").Choice() != "one" {
		t.Errorf("Use with the old one away = %v, %v", left, err)
	}
	if _, err := open("").Use(t.Context(), "two", "cache-key"); !errors.Is(err, keychain.ErrUnavailable) || open("").Choice() != "one" {
		t.Errorf("Use of one that is away = %v", err)
	}
	if _, err := open("").Use(t.Context(), "cloud"); !errors.Is(err, keychain.ErrUnavailable) || open("").Choice() != "one" {
		t.Errorf("Use of one that nobody knows = %v", err)
	}
}

// An index that names a store nobody knows is no reason to look elsewhere.
func TestUnknownStore(t *testing.T) {
	one, _, open := two(t)
	if err := open("one").Set(t.Context(), "aws/a", []byte("x"), map[string]string{}); err != nil {
		t.Fatal(err)
	}
	if err := open("").Move(t.Context(), "aws/a", "two"); err != nil {
		t.Fatal(err)
	}
	k := open("")
	one.items = map[string]string{}
	get(t, k, "aws/a", "x")
	if err := k.Move(t.Context(), "aws/a", "cloud"); !errors.Is(err, keychain.ErrUnavailable) {
		t.Errorf("Move to nowhere = %v", err)
	}
	get(t, k, "aws/a", "x")
}

// Whoever moves many secrets says the passphrase once, and a new one once.
func TestMoveAsksOnce(t *testing.T) {
	dir := t.TempDir()
	var asked []bool
	other := &memory{items: map[string]string{}}
	open := func() *keychain.Keychain {
		k, err := keychain.Open(keychain.Options{
			Dir: dir, NewLock: filelock.New,
			Other: func(name string) keychain.Store {
				if name != keychain.File {
					return other
				}
				return encrypted(dir, func(_ context.Context, confirm bool) ([]byte, error) {
					asked = append(asked, confirm)
					return []byte("passphrase"), nil
				})(name)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	names := []string{"aws/a", "aws/b", "aws/c"}
	k := open()
	if _, err := k.Use(t.Context(), "two"); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := k.Set(t.Context(), name, []byte(name), map[string]string{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, to := range []struct {
		store string
		asked []bool
	}{{keychain.File, []bool{true}}, {"two", []bool{false}}} {
		k, asked = open(), nil
		if _, err := k.Use(t.Context(), to.store); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if err := k.Move(t.Context(), name, to.store); err != nil {
				t.Error(err)
			}
		}
		if !slices.Equal(asked, to.asked) {
			t.Errorf("to %s: asked %v, want %v", to.store, asked, to.asked)
		}
	}
}
