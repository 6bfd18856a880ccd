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

type tpmKey struct{}

// aTPM is a script's TPM.
type aTPM struct{ stop func() }

// tpmIs turns a script's TPM on and off: `tpm start`, `tpm stop`, `tpm restart`.
func tpmIs(ts *testscript.TestScript, _ bool, args []string) {
	at := ts.Value(tpmKey{}).(*aTPM)
	if args[0] != "start" && at.stop != nil {
		at.stop()
		at.stop = nil
	}
	if args[0] == "stop" {
		return
	}
	state := ts.MkAbs("tpm-state")
	ts.Check(os.MkdirAll(state, 0o700))
	socket, stop, err := keychaintest.StartTPM(state)
	ts.Check(err)
	at.stop = stop
	ts.Defer(stop)
	ts.Setenv("CREDMINT_TPM", socket)
}
