package oskeychain

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"credmint/keychain"
)

// newOSStore is the login keychain by way of /usr/bin/security. One command of it takes 4,096 bytes, in which go-keyring
// encodes the value once more, and at exactly that length a write that failed looks like one that did not; so values are
// cut well below.
func newOSStore(func(string) string) keychain.Store {
	return &osStore{
		limit: 2000,
		ready: func() error { return nil },
		// The keychain asks on the screen where there is one, and fails where there is none.
		attended: func() bool { return true },
		explain:  explainSecurity,
	}
}

// explainSecurity knows the exit codes of `security`, which are the low bytes of OSStatus values: errSecItemNotFound
// (-25300), errSecInteractionNotAllowed (-25308), errSecAuthFailed (-25293), errSecUserCanceled (-128).
func explainSecurity(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return fmt.Errorf("%w: %w", keychain.ErrUnavailable, err)
	}
	switch exit.ExitCode() {
	case 44:
		return keychain.ErrNotFound
	case 36:
		return keychain.ErrLocked
	case 51, 128:
		return keychain.ErrDeclined
	}
	if strings.Contains(err.Error(), "User interaction is not allowed") {
		return keychain.ErrLocked
	}
	return fmt.Errorf("%w: security failed with %w", keychain.ErrUnavailable, err)
}
