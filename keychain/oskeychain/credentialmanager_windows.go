package oskeychain

import (
	"errors"
	"fmt"
	"syscall"

	"credmint/keychain"
)

// newOSStore is the Credential Manager, which takes 2,560 bytes in one credential.
func newOSStore(func(string) string) keychain.Store {
	return &osStore{
		limit:    2500,
		ready:    func() error { return nil },
		attended: func() bool { return false }, // it never asks
		explain:  explainCredentialManager,
	}
}

// errNoSuchLogonSession is what a network logon (SSH, WinRM) gets.
const errNoSuchLogonSession = syscall.Errno(1312)

func explainCredentialManager(err error) error {
	if errors.Is(err, errNoSuchLogonSession) {
		err = errors.New("the Credential Manager serves no network logon (SSH, WinRM)")
	}
	return keychain.Advise(fmt.Errorf("%w: %w", keychain.ErrUnavailable, err),
		"keep secrets in an encrypted file: CREDMINT_KEYCHAIN=file, or `credmint keychain use file`")
}
