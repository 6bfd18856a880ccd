package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"credmint/helper/program"
	"credmint/helper/prompt"
	"credmint/keychain"
	"credmint/keychain/external"
	"credmint/keychain/files"
	"credmint/keychain/tpm"
)

// storeKind is a kind of keychains beside the system's own.
type storeKind struct {
	what string                                // for people
	here func() []string                       // the names of those that this machine has
	open func(dir, name string) keychain.Store // nil where the name is another kind's; dir is credmint's data directory
}

// storeKinds are all that can be chosen. A new one is a line here.
func (a *app) storeKinds() []storeKind {
	return []storeKind{
		{
			what: "files, encrypted under a passphrase",
			here: func() []string { return []string{keychain.File} },
			open: func(dir, name string) keychain.Store {
				if name != keychain.File {
					return nil
				}
				return files.Open(filepath.Join(dir, "secrets"), files.Passphrase{Ask: a.passphrase})
			},
		},
		{
			what: "pass: files, encrypted by gpg",
			here: func() []string { return ifProgram(external.PassName, "pass") },
			open: func(_, name string) keychain.Store {
				if name != external.PassName {
					return nil
				}
				return external.Pass(a.getenv, a.mayBeAsked)
			},
		},
		{
			what: "a credential helper of docker's",
			here: external.DockerHelpers,
			open: func(_, name string) keychain.Store { return external.Docker(name, a.mayBeAsked) },
		},
		{
			what: "files, encrypted to this machine by systemd",
			here: func() []string { return ifProgram(external.SystemdName, "systemd-creds") },
			open: func(dir, name string) keychain.Store {
				if name != external.SystemdName {
					return nil
				}
				return external.Systemd(filepath.Join(dir, name), os.Geteuid() == 0)
			},
		},
		{
			what: "files, encrypted to this machine by its TPM",
			here: func() []string { return ifFile(tpm.Name, a.tpmPath()) },
			open: func(dir, name string) keychain.Store {
				if name != tpm.Name {
					return nil
				}
				return tpm.Open(filepath.Join(dir, name), a.tpmPath())
			},
		},
	}
}

// ifProgram is a store's name, where this machine has a program.
func ifProgram(store, name string) []string {
	if _, err := program.Find(name); err != nil {
		return nil
	}
	return []string{store}
}

// ifFile is a store's name, where this machine has a file.
func ifFile(store, path string) []string {
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	return []string{store}
}

// tpmPath is where the TPM is: CREDMINT_TPM names another device, or the socket of a TPM that is a program.
func (a *app) tpmPath() string { return cmp.Or(a.getenv("CREDMINT_TPM"), tpm.Device) }

// mayBeAsked reports whether what a keychain runs may ask a person: on the terminal, or the desktop.
func (a *app) mayBeAsked() bool {
	if _, alone := a.asker.(nobody); alone || a.getenv("CREDMINT_PROMPT") == "none" {
		return false
	}
	return prompt.HasTerminal() || a.getenv("DISPLAY") != "" || a.getenv("WAYLAND_DISPLAY") != ""
}

// otherStore opens a store of one of the kinds.
func (a *app) otherStore(dir, name string) keychain.Store {
	for _, kind := range a.storeKinds() {
		if s := kind.open(dir, name); s != nil {
			return s
		}
	}
	return nil
}

// knownStore refuses a name on the command line that no kind of keychain has. One of a kind may still not be there.
func (a *app) knownStore(name string) error {
	if name == "" || name == keychain.OS || a.otherStore("", name) != nil {
		return nil
	}
	return advise(&usageError{fmt.Errorf("%w %q", keychain.ErrUnavailable, name)}, "run `credmint keychain list` to see which there are")
}

// storeNames are the stores that this machine has.
func (a *app) storeNames() []string {
	names := []string{keychain.OS}
	for _, kind := range a.storeKinds() {
		names = append(names, kind.here()...)
	}
	return names
}

// storeWhat says what a store is.
func (a *app) storeWhat(name string) string {
	if name == keychain.OS {
		switch runtime.GOOS {
		case "darwin":
			return "the login keychain"
		case "windows":
			return "the Credential Manager"
		}
		return "the desktop's Secret Service"
	}
	for _, kind := range a.storeKinds() {
		if kind.open("", name) != nil {
			return kind.what
		}
	}
	return "unknown here"
}

// usedStores adds to the stores of this machine those that something is, or was, kept in.
func (a *app) usedStores(k *keychain.Keychain) ([]string, []keychain.Entry, error) {
	names := append(a.storeNames(), k.Choice())
	entries, err := k.List("")
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		names = append(append(names, e.Store), e.Copies...)
	}
	old, err := k.Old()
	names = append(names, old...)
	var unique []string
	for _, name := range names {
		if !slices.Contains(unique, name) {
			unique = append(unique, name)
		}
	}
	return unique, entries, err
}
