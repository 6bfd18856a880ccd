package kept_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"testing"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/filelock"
	"credmint/keychain"
	"credmint/keychain/keychaintest"
	"credmint/keychain/oskeychain"
)

// unanswered is a keychain of which nothing should be asked any more.
type unanswered struct{ memory }

func (unanswered) Get(context.Context, string) (string, error) { return "", keychain.ErrUnavailable }

// The sealing key that was asked for ahead is what a session is sealed with. Where there was none the keychain is asked.
func TestAskAhead(t *testing.T) {
	bus := keychaintest.Must(t, false)
	dir := t.TempDir()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	t.Setenv("DISPLAY", ":1") // a person would have some time for a write, and so has a busy disk
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CACHE_HOME", dir)
	world := func(store keychain.Store) *kept.World {
		vars := map[string]string{"XDG_DATA_HOME": dir}
		return &kept.World{Getenv: func(name string) string { return vars[name] }, Now: time.Now, OS: store, NewLock: filelock.New, Random: rand.Reader}
	}
	put := func(w *kept.World, token string) error {
		s := helper.Session{SessionToken: token, Issued: time.Now(), Expires: time.Now().Add(time.Hour)}
		return w.Sessions().Put(t.Context(), helper.Key{1}, s)
	}
	first := world(oskeychain.Open(os.Getenv))
	first.AskAhead() // in vain: the key is not made yet
	if err := put(first, "first"); err != nil {
		t.Fatal(err)
	}
	if err := put(world(unanswered{}), "none"); !errors.Is(err, keychain.ErrUnavailable) {
		t.Errorf("not asked ahead: %v", err)
	}
	second := world(unanswered{})
	second.AskAhead()
	if err := put(second, "second"); err != nil {
		t.Errorf("asked ahead: %v", err)
	}
	s, err := world(oskeychain.Open(os.Getenv)).Sessions().Get(t.Context(), helper.Key{1})
	if err != nil || s.SessionToken != "second" {
		t.Errorf("kept: %q, %v", s.SessionToken, err)
	}
}
