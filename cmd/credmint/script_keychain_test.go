//go:build unix

package main

import (
	"errors"

	"github.com/rogpeppe/go-internal/testscript"

	"credmint/keychain/keychaintest"
)

type keyringKey struct{}

// keyring gives a script a gnome-keyring of its own: `keyring`, `keyring lock`, `keyring away`.
func keyring(ts *testscript.TestScript, _ bool, args []string) {
	at := ts.Value(keyringKey{}).(**keychaintest.Bus)
	switch {
	case len(args) == 0:
		bus, err := keychaintest.Start(ts.MkAbs("keyring"), false)
		ts.Check(err)
		*at = bus
		ts.Defer(bus.Close)
		ts.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	case args[0] == "lock":
		ts.Check((*at).LockKeyring())
	case args[0] == "away":
		(*at).Close()
	default:
		ts.Check(errors.New("keyring [lock|away]"))
	}
}
