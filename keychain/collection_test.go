//go:build linux

package keychain_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"

	"credmint/keychain"
	"credmint/keychain/keychaintest"
	"credmint/keychain/oskeychain"
)

// TestCollection holds another program's collection apart from one that cannot be read: only where nothing can be there it
// is empty.
func TestCollection(t *testing.T) {
	keychaintest.Need(t)
	bus, err := keychaintest.StartBus(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	at := func(address string) oskeychain.Collection {
		return oskeychain.Collection{Name: "their-own", Getenv: env([]string{"DBUS_SESSION_BUS_ADDRESS=" + address})}
	}
	nothing := func(when, address string) {
		t.Helper()
		if got, err := at(address).Secrets(t.Context()); len(got) > 0 || err != nil {
			t.Errorf("%s: %q, %v", when, got, err)
		}
	}
	nothing("no bus", "disabled:")
	nothing("nobody listens", "unix:path="+filepath.Join(t.TempDir(), "bus"))
	nothing("no service", bus.Address)
	if err := bus.StartKeyring("password"); err != nil {
		t.Fatal(err)
	}
	nothing("no collection", bus.Address)

	if err := bus.Collect("their-own", keychaintest.Item{Key: "one", Value: "1"}); err != nil {
		t.Fatal(err)
	}
	got, err := at(bus.Address).Secrets(t.Context())
	if err != nil || len(got) != 1 {
		t.Fatalf("unlocked: %q, %v", got, err)
	}
	other := oskeychain.Collection{Name: "login", Getenv: env(bus.Env())}
	for item, value := range got {
		if string(value) != "1" {
			t.Errorf("%s is %q", item, value)
		}
		if err := other.Delete(t.Context(), item); err == nil {
			t.Error("another collection removed it")
		}
		if err := bus.Lock("their-own"); err != nil {
			t.Fatal(err)
		}
		if err := at(bus.Address).Delete(t.Context(), item); !errors.Is(err, keychain.ErrLocked) {
			t.Errorf("remove from a locked one: %v", err)
		}
	}
	if got, err := at(bus.Address).Secrets(t.Context()); len(got) > 0 || !errors.Is(err, keychain.ErrLocked) {
		t.Errorf("locked: %q, %v", got, err)
	}

	// One that never says a word.
	silent := filepath.Join(t.TempDir(), "bus")
	listener, err := net.Listen("unix", silent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := at("unix:path=" + silent).Secrets(ctx); !errors.Is(err, keychain.ErrTimeout) {
		t.Errorf("silent: %v", err)
	}
}
