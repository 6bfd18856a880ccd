//go:build linux

package keychain_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"credmint/keychain"
	"credmint/keychain/keychaintest"
)

const (
	framed = "cm1:a2V5.2c70e12b" // "key"
	other  = "cm1:b3RoZXI.d9298a10"
)

// stored is an item as go-keyring stores it, with more attributes where there are any.
func stored(value string, more ...string) keychaintest.StoredItem {
	attributes := map[string]string{"service": "credmint", "username": "cache-key"}
	for _, name := range more {
		attributes[name] = "theirs"
	}
	return keychaintest.StoredItem{Attributes: attributes, Value: value}
}

// hostile puts a service on a bus of its own.
func hostile(t *testing.T, how keychaintest.Behaviour, items ...keychaintest.StoredItem) (*keychaintest.Service, *keychain.Keychain) {
	t.Helper()
	keychaintest.Need(t)
	bus, err := keychaintest.StartBus(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	s, err := keychaintest.Serve(bus, how, items...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, onBus(t, bus)
}

func at(step string, how keychaintest.How) keychaintest.Behaviour {
	return keychaintest.Behaviour{Fault: keychaintest.Fault{At: step, How: how}}
}

// What a service does wrong while a secret is read is an error that says what, and never a clean not-found, after which a
// new secret would be made.
func TestHostileServiceOnGet(t *testing.T) {
	one := []keychaintest.StoredItem{stored(framed)}
	for name, tt := range map[string]struct {
		service keychaintest.Behaviour
		items   []keychaintest.StoredItem
		want    error
		value   string
	}{
		"well":                          {keychaintest.Behaviour{}, one, nil, "key"},
		"nothing there":                 {keychaintest.Behaviour{}, nil, keychain.ErrNotFound, ""},
		"nothing there and locked":      {keychaintest.Behaviour{Locked: true}, nil, keychain.ErrLocked, ""},
		"locked":                        {keychaintest.Behaviour{Locked: true}, one, keychain.ErrLocked, ""},
		"no default collection":         {keychaintest.Behaviour{NoCollection: true}, nil, keychain.ErrUnavailable, ""},
		"not ours":                      {keychaintest.Behaviour{}, []keychaintest.StoredItem{stored("plain")}, keychain.ErrCorrupt, ""},
		"empty":                         {keychaintest.Behaviour{}, []keychaintest.StoredItem{stored("")}, keychain.ErrCorrupt, ""},
		"cut short":                     {keychaintest.Behaviour{}, []keychaintest.StoredItem{stored(framed[:12])}, keychain.ErrCorrupt, ""},
		"twice the same":                {keychaintest.Behaviour{}, []keychaintest.StoredItem{stored(framed), stored(framed, "xdg:schema")}, nil, "key"},
		"two that differ":               {keychaintest.Behaviour{}, []keychaintest.StoredItem{stored(framed), stored(other, "xdg:schema")}, keychain.ErrCorrupt, ""},
		"ours behind one of theirs":     {keychaintest.Behaviour{}, []keychaintest.StoredItem{stored("plain", "xdg:schema"), stored(framed)}, keychain.ErrCorrupt, ""},
		"hangs at GetSecret":            {at("GetSecret", keychaintest.Hang), one, keychain.ErrTimeout, ""},
		"fails at Collections":          {at("Collections", keychaintest.Fail), one, nil, "key"}, // says go-keyring, which turns to the default one
		"fails at OpenSession":          {at("OpenSession", keychaintest.Fail), one, keychain.ErrUnavailable, ""},
		"fails at SearchItems":          {at("SearchItems", keychaintest.Fail), one, keychain.ErrUnavailable, ""},
		"fails at GetSecret":            {at("GetSecret", keychaintest.Fail), one, keychain.ErrUnavailable, ""},
		"wrong type for Collections":    {at("Collections", keychaintest.Wrong), one, keychain.ErrUnavailable, ""},
		"wrong type for OpenSession":    {at("OpenSession", keychaintest.Wrong), one, keychain.ErrUnavailable, ""},
		"wrong type for SearchItems":    {at("SearchItems", keychaintest.Wrong), one, keychain.ErrUnavailable, ""},
		"wrong type for GetSecret":      {at("GetSecret", keychaintest.Wrong), one, keychain.ErrUnavailable, ""},
		"2 MiB for SearchItems":         {at("SearchItems", keychaintest.Huge), one, keychain.ErrCorrupt, ""},
		"2 MiB for GetSecret":           {at("GetSecret", keychaintest.Huge), one, keychain.ErrCorrupt, ""}, // text: godbus takes seconds to write as many single bytes
		"2 MiB for Collections":         {at("Collections", keychaintest.Huge), one, keychain.ErrCorrupt, ""},
		"goes away at Collections":      {at("Collections", keychaintest.Leave), one, keychain.ErrUnavailable, ""},
		"goes away at SearchItems":      {at("SearchItems", keychaintest.Leave), one, keychain.ErrUnavailable, ""},
		"goes away at GetSecret":        {at("GetSecret", keychaintest.Leave), one, keychain.ErrUnavailable, ""},
		"the bus dies at Collections":   {at("Collections", keychaintest.Die), one, keychain.ErrUnavailable, ""},
		"the bus dies at OpenSession":   {at("OpenSession", keychaintest.Die), one, keychain.ErrUnavailable, ""},
		"the bus dies at SearchItems":   {at("SearchItems", keychaintest.Die), one, keychain.ErrUnavailable, ""},
		"the bus dies at GetSecret":     {at("GetSecret", keychaintest.Die), one, keychain.ErrUnavailable, ""},
		"wrong type for whether locked": {at("Locked", keychaintest.Wrong), nil, keychain.ErrNotFound, ""}, // says go-keyring, which unlocks
	} {
		t.Run(name, func(t *testing.T) {
			_, k := hostile(t, tt.service, tt.items...)
			start := time.Now()
			got, err := k.Get(t.Context(), "cache-key")
			if !errors.Is(err, tt.want) || string(got) != tt.value {
				t.Errorf("Get = %q, %v; want %q, %v", got, err, tt.value, tt.want)
			}
			if tt.want != keychain.ErrNotFound && errors.Is(err, keychain.ErrNotFound) {
				t.Errorf("%v counts as a clean not-found", err)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %s", took)
			}
			start = time.Now()
			_, again := k.Get(t.Context(), "cache-key")
			if took := time.Since(start); !errors.Is(again, tt.want) || tt.want == keychain.ErrTimeout && took > 2900*time.Millisecond { // nobody waits twice
				t.Errorf("a second time: %v after %s", again, took)
			}
		})
	}
}

// Where what is there cannot be read, nothing is written in its place; and a write that was dismissed, or that was cut
// short, is no write, whatever the library says of it.
func TestHostileServiceOnSet(t *testing.T) {
	before := []keychaintest.StoredItem{stored(framed)}
	after := func(step string, how keychaintest.How, then string) keychaintest.Behaviour {
		return keychaintest.Behaviour{Fault: keychaintest.Fault{At: step, How: how, After: then}}
	}
	for name, tt := range map[string]struct {
		service keychaintest.Behaviour
		items   []keychaintest.StoredItem
		want    error
		text    string
		kept    bool // what was there still is
	}{
		"well":                           {service: keychaintest.Behaviour{}, items: before},
		"a person agrees":                {service: keychaintest.Behaviour{Prompts: true}, items: before},
		"the first is dismissed":         {service: keychaintest.Behaviour{Prompts: true, Dismiss: true}, want: keychain.ErrDeclined, text: "keeps nothing of what was written"},
		"dismissed":                      {service: keychaintest.Behaviour{Prompts: true, Dismiss: true}, items: before, want: keychain.ErrDeclined, text: "keeps nothing of what was written", kept: true},
		"locked":                         {service: keychaintest.Behaviour{Locked: true}, items: before, want: keychain.ErrLocked, kept: true},
		"no default collection":          {service: keychaintest.Behaviour{NoCollection: true}, want: keychain.ErrUnavailable, text: "no default collection"},
		"fails at CreateItem":            {service: at("CreateItem", keychaintest.Fail), items: before, want: keychain.ErrUnavailable, kept: true},
		"wrong type for CreateItem":      {service: at("CreateItem", keychaintest.Wrong), items: before, want: keychain.ErrUnavailable, kept: true},
		"2 MiB for CreateItem":           {service: at("CreateItem", keychaintest.Huge), items: before, want: keychain.ErrUnavailable, kept: true},
		"wrong type for Unlock":          {service: at("Unlock", keychaintest.Wrong), items: before, want: keychain.ErrUnavailable, kept: true},
		"hangs at CreateItem":            {service: at("CreateItem", keychaintest.Hang), items: before, want: keychain.ErrTimeout, kept: true},
		"goes away at CreateItem":        {service: at("CreateItem", keychaintest.Leave), items: before, want: keychain.ErrUnavailable, kept: true},
		"replaced at CreateItem":         {service: at("CreateItem", keychaintest.Replace), items: before, want: keychain.ErrUnavailable, kept: true},
		"the bus dies at Unlock":         {service: at("Unlock", keychaintest.Die), items: before, want: keychain.ErrUnavailable, kept: true},
		"the bus dies at CreateItem":     {service: at("CreateItem", keychaintest.Die), items: before, want: keychain.ErrUnavailable, kept: true},
		"the bus dies before it is read": {service: after("Collections", keychaintest.Die, "CreateItem"), items: before, want: keychain.ErrUnavailable},
		"replaced before it is read":     {service: after("Collections", keychaintest.Replace, "CreateItem"), items: before, want: keychain.ErrDeclined, text: "keeps nothing of what was written"},
		"goes away before it is read":    {service: after("Collections", keychaintest.Leave, "CreateItem"), items: before, want: keychain.ErrUnavailable},
		"reads something else back":      {service: after("GetSecret", keychaintest.Huge, "CreateItem"), items: before, want: keychain.ErrCorrupt},
		// go-keyring panics there.
		"the bus dies during a prompt": {
			service: keychaintest.Behaviour{Prompts: true, Fault: keychaintest.Fault{At: "Prompt", How: keychaintest.Die}}, items: before, want: keychain.ErrUnavailable, kept: true,
		},
		"wrong type for Prompt": {
			service: keychaintest.Behaviour{Prompts: true, Dismiss: true, Fault: keychaintest.Fault{At: "Prompt", How: keychaintest.Fail}}, items: before, want: keychain.ErrUnavailable, kept: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, k := hostile(t, tt.service, tt.items...)
			start := time.Now()
			err := k.Set(t.Context(), "cache-key", []byte("other"), nil)
			if !errors.Is(err, tt.want) || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Set = %v, want %v, and %q", err, tt.want, tt.text)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %s", took)
			}
			if got := s.Items(); tt.kept && (len(got) != 1 || got[0].Value != framed) {
				t.Errorf("%q is kept now", got)
			}
			if got := s.Items(); tt.want == nil && (len(got) != 1 || got[0].Value != other) {
				t.Errorf("%q is kept", got)
			}
		})
	}
}

// Of what is there but is not readable now, no process ever makes another.
func TestHostileServiceOnUpdate(t *testing.T) {
	for name, tt := range map[string]struct {
		service keychaintest.Behaviour
		items   []keychaintest.StoredItem
		want    error
	}{
		"damaged":                     {keychaintest.Behaviour{}, []keychaintest.StoredItem{stored("cm1:a2V5.00000000")}, keychain.ErrCorrupt},
		"not ours":                    {keychaintest.Behaviour{}, []keychaintest.StoredItem{stored("plain")}, keychain.ErrCorrupt},
		"two that differ":             {keychaintest.Behaviour{}, []keychaintest.StoredItem{stored(framed), stored(other, "xdg:schema")}, keychain.ErrCorrupt},
		"locked":                      {keychaintest.Behaviour{Locked: true}, []keychaintest.StoredItem{stored(framed)}, keychain.ErrLocked},
		"fails at SearchItems":        {at("SearchItems", keychaintest.Fail), []keychaintest.StoredItem{stored(framed)}, keychain.ErrUnavailable},
		"goes away at GetSecret":      {at("GetSecret", keychaintest.Leave), []keychaintest.StoredItem{stored(framed)}, keychain.ErrUnavailable},
		"the bus dies at SearchItems": {at("SearchItems", keychaintest.Die), []keychaintest.StoredItem{stored(framed)}, keychain.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			s, k := hostile(t, tt.service, tt.items...)
			made := false
			err := k.Update(t.Context(), "cache-key", func([]byte) ([]byte, map[string]string, error) {
				made = true
				return []byte("new"), nil, nil
			})
			if !errors.Is(err, tt.want) || errors.Is(err, keychain.ErrNotFound) || made {
				t.Errorf("Update = %v, want %v; a new value was made: %t", err, tt.want, made)
			}
			same := func(a, b keychaintest.StoredItem) bool { return a.Value == b.Value }
			if got := s.Items(); !slices.EqualFunc(got, tt.items, same) || s.Asked("CreateItem") {
				t.Errorf("%q became %q", tt.items, got)
			}
		})
	}
}

// A removal that a person has dismissed is none.
func TestDismissedDelete(t *testing.T) {
	s, k := hostile(t, keychaintest.Behaviour{Prompts: true, Dismiss: true}, stored(framed))
	if err := k.Delete(t.Context(), "cache-key"); !errors.Is(err, keychain.ErrDeclined) {
		t.Errorf("Delete = %v, want ErrDeclined", err)
	}
	if got := s.Items(); len(got) != 1 || got[0].Value != framed {
		t.Errorf("%q is kept", got)
	}
}
