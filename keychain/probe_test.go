//go:build linux

package keychain_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"credmint/keychain"
	"credmint/keychain/keychaintest"
)

// TestProbe leaves nothing behind: no secret, no name in the index, no choice.
func TestProbe(t *testing.T) {
	bus := keychaintest.Must(t, false)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	dir := t.TempDir()
	k := open(dir, "", env(append(bus.Env(), desktop)))
	took, err := k.Probe(t.Context())
	if err != nil || took <= 0 || k.Choice() != keychain.OS {
		t.Fatalf("Probe of %s = %s, %v", k.Choice(), took, err)
	}
	if _, err := k.Get(t.Context(), "doctor-probe"); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("what was written is there still: %v", err)
	}
	for _, left := range []string{"keychain", "index"} {
		if _, err := os.Stat(filepath.Join(dir, left)); err == nil {
			t.Errorf("%s was written", left)
		}
	}
	if err := bus.LockKeyring(); err != nil {
		t.Fatal(err)
	}
	if _, err := open(dir, "", env(bus.Env())).Probe(t.Context()); !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("Probe of a locked keychain: %v, want ErrLocked", err)
	}
}
