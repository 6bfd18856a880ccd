//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"

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

// passwordStore gives a script pass, whose key needs no passphrase: `password-store`.
func passwordStore(ts *testscript.TestScript, _ bool, _ []string) {
	home, err := os.MkdirTemp("", "cm") // gpg's agent listens there, and a socket's path is short
	ts.Check(err)
	ts.Defer(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home)
	})
	ts.Setenv("GNUPGHOME", home)
	ts.Check(ts.Exec("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "",
		"--quick-generate-key", "test@example.com", "future-default", "default", "never"))
	ts.Check(ts.Exec("pass", "init", "test@example.com"))
}
