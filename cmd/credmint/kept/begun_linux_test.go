package kept

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"credmint/keychain"
	"credmint/keychain/keychaintest"
	"credmint/keychain/oskeychain"
	"credmint/keychain/secretservice"
)

// asked is a store that says what it is asked for, and has nothing.
type asked struct {
	keychain.Store
	items []string
}

func (a *asked) Get(_ context.Context, item string) (string, error) {
	a.items = append(a.items, item)
	return "", errors.New("the store is asked")
}

// What is wanted first and what is wanted later come from the conversation that was begun, and anything else from the store.
func TestContinued(t *testing.T) {
	bus := keychaintest.Must(t, false)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	t.Setenv("DISPLAY", ":1") // a person would have some time for a write, and so has a busy disk
	os := oskeychain.Open(os.Getenv)
	for _, item := range []string{"key", "seed", sealingItem} {
		if err := os.Set(t.Context(), item, "value of "+item); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		next  string
		get   []string
		store []string // is asked for these
		open  bool     // and the conversation goes on
	}{
		"the key, and then the sealing key":     {sealingItem, []string{"key", sealingItem}, nil, false},
		"the sealing key alone":                 {sealingItem, []string{sealingItem}, nil, false},
		"nothing is wanted later":               {"", []string{"key", "seed"}, []string{"seed"}, false},
		"something between":                     {sealingItem, []string{"key", "seed", sealingItem}, []string{"seed"}, false},
		"the sealing key twice":                 {sealingItem, []string{"key", sealingItem, sealingItem}, []string{sealingItem}, false},
		"the key is not there":                  {sealingItem, []string{"none", sealingItem}, []string{"none", sealingItem}, false},
		"the sealing key is not there":          {"none", []string{"key", "none"}, []string{"none"}, false},
		"the sealing key is not wanted by then": {sealingItem, []string{"key"}, nil, true},
	} {
		greeted, err := secretservice.Greet(time.Now().Add(time.Minute), time.Minute, bus.Address)
		if err != nil {
			t.Fatal(err)
		}
		store, r := &asked{}, &reader{greeted}
		c := &continued{Store: store, begun: r, next: tt.next}
		for _, item := range tt.get {
			value, err := c.Get(t.Context(), item)
			if err == nil && value != "value of "+item {
				t.Errorf("%s: %s has %q", name, item, value)
			}
		}
		if got, want := len(store.items), len(tt.store); got != want || got > 0 && store.items[0] != tt.store[0] {
			t.Errorf("%s: the store is asked for %q, want %q", name, store.items, tt.store)
		}
		if got := c.begun != nil; got != tt.open {
			t.Errorf("%s: the conversation goes on: %t", name, got)
		}
		r.leave()
	}
}
