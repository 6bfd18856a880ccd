//go:build linux

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

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
		onBus(ts, bus)
	case args[0] == "lock":
		ts.Check((*at).LockKeyring())
	case args[0] == "away":
		(*at).Close()
	default:
		ts.Check(errors.New("keyring [lock|away]"))
	}
}

func onBus(ts *testscript.TestScript, bus *keychaintest.Bus) {
	*ts.Value(keyringKey{}).(**keychaintest.Bus) = bus
	ts.Defer(bus.Close)
	ts.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
}

// secretService starts one of the desktops' programs that keep secrets, again where it ran: `secret-service keepassxc`.
func secretService(ts *testscript.TestScript, _ bool, args []string) {
	bus := *ts.Value(keyringKey{}).(**keychaintest.Bus)
	if bus == nil {
		var err error
		bus, err = keychaintest.StartBus(ts.MkAbs("keyring"))
		ts.Check(err)
		onBus(ts, bus)
	} else {
		bus.StopService()
	}
	switch args[0] {
	case "gnome-keyring":
		ts.Check(bus.StartKeyring("password"))
	case "keepassxc":
		ts.Check(bus.StartKeePassXC())
	case "kwallet":
		ts.Check(bus.StartKWallet())
	default:
		ts.Fatalf("no such Secret Service: %s", args[0])
	}
}

// TestSecretServices runs one script on each program that is a desktop's Secret Service.
func TestSecretServices(t *testing.T) {
	for service, needs := range map[string]struct{ programs, packages string }{
		"gnome-keyring": {keychaintest.Programs, keychaintest.Packages},
		"keepassxc":     {keychaintest.KeePassXCPrograms, keychaintest.KeePassXCPackages},
		"kwallet":       {keychaintest.KWalletPrograms, keychaintest.KWalletPackages},
	} {
		t.Run(service, func(t *testing.T) {
			keychaintest.NeedPrograms(t, needs.programs, needs.packages)
			testscript.Run(t, testscript.Params{
				Files:               []string{filepath.Join("testdata", "secret-services.txtar")},
				RequireExplicitExec: true,
				Setup: func(env *testscript.Env) error {
					env.Setenv("SERVICE", service)
					return setUp(env)
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"calls": calls, "aws-is": awsIs, "secret-service": secretService,
				},
			})
		})
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
