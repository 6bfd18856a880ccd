//go:build linux

package keychain_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"credmint/helper/filelock"
	"credmint/keychain"
	"credmint/keychain/keychaintest"
)

// The keychain is greeted where it is going to be asked: no other store, and not where the kernel may have the secret.
func TestGreet(t *testing.T) {
	for marker, want := range map[string]int{"": 1, "os\n": 1, "os\nlend 1m0s\n": 0, "file\n": 0} {
		dir, greeted := t.TempDir(), 0
		if marker != "" {
			if err := os.WriteFile(filepath.Join(dir, "keychain"), []byte(marker), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		k, err := keychain.Open(keychain.Options{Dir: dir, OS: &memory{}, Other: encrypted(dir, nil), Greet: func() { greeted++ }})
		if err != nil {
			t.Fatal(err)
		}
		if k.Greet(); greeted != want {
			t.Errorf("%q: it is greeted %d times, want %d", marker, greeted, want)
		}
	}
}

// What is lent is borrowed without the store, if it is the right one; and only if a person has chosen so.
func TestBorrow(t *testing.T) {
	keychaintest.NeedKernelKeyring(t)
	ctx, dir := t.Context(), t.TempDir()
	store := &memory{items: map[string]string{}}
	open := func(choice string) *keychain.Keychain {
		t.Helper()
		k, err := keychain.Open(keychain.Options{Dir: dir, OS: store, Choice: choice, NewLock: filelock.New})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	t.Cleanup(func() { _ = open("").TakeBack("key") })
	is := func(want string) func([]byte) bool { return func(value []byte) bool { return string(value) == want } }
	borrow := func(what, choice string, good func([]byte) bool, want string, wantLent bool) {
		t.Helper()
		value, lent, err := open(choice).Borrow(ctx, "key", good)
		if err != nil || string(value) != want || lent != wantLent {
			t.Errorf("%s: %q, %t, %v, want %q, %t", what, value, lent, err, want, wantLent)
		}
	}
	set := func(value string) {
		t.Helper()
		if err := open("").Set(ctx, "key", []byte(value), nil); err != nil {
			t.Fatal(err)
		}
	}
	lend := func(life time.Duration) {
		t.Helper()
		if err := open("").Lend(ctx, life); err != nil {
			t.Fatal(err)
		}
	}

	set("one")
	borrow("nothing is lent", "", is("one"), "one", false)
	borrow("and so it stays", "", is("one"), "one", false)
	for _, life := range []time.Duration{-1, 1, keychain.LongestLoan + 1} {
		if err := open("").Lend(ctx, life); err == nil {
			t.Errorf("it is lent for %s", life)
		}
	}
	lend(time.Minute)
	borrow("the first time", "", is("one"), "one", false)
	borrow("the second time", "", is("one"), "one", true)
	borrow("whatever names the store", "os", is("one"), "one", true)
	borrow("the keychain alone is trusted", "", nil, "one", false)
	if life, now := open("").Lent("key"); life != time.Minute || !now {
		t.Errorf("Lent = %s, %t", life, now)
	}

	other, err := keychain.Open(keychain.Options{Dir: dir, OS: &memory{items: map[string]string{}}, NewLock: filelock.New})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Set(ctx, "key", []byte("planted"), nil); err != nil {
		t.Fatal(err)
	}
	if value, _, err := other.Borrow(ctx, "key", nil); err != nil || string(value) != "planted" {
		t.Fatalf("%q, %v", value, err)
	}
	borrow("another one is there", "", is("one"), "one", false)
	borrow("which is mended", "", is("one"), "one", true)

	set("two")
	if _, now := open("").Lent("key"); now {
		t.Error("one that was replaced is lent still")
	}
	borrow("a new one", "", is("two"), "two", false)
	if err := open("").Delete(ctx, "key"); err != nil {
		t.Fatal(err)
	}
	if _, now := open("").Lent("key"); now {
		t.Error("one that was removed is lent still")
	}

	set("three")
	before := open("") // and has not heard of what follows
	if left, err := open("").Use(ctx, "os"); left != nil || err != nil {
		t.Fatal(left, err)
	}
	if life, _ := open("").Lent("key"); life != time.Minute {
		t.Errorf("after another choice it is lent for %s", life)
	}
	lend(0)
	if value, lent, err := before.Borrow(ctx, "key", is("three")); err != nil || lent || !bytes.Equal(value, []byte("three")) {
		t.Errorf("a process that began before: %q, %t, %v", value, lent, err)
	}
	if life, now := open("").Lent("key"); life != 0 || now {
		t.Errorf("it is lent for %s, and now: %t, after that was ended", life, now)
	}
}
