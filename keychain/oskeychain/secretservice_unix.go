//go:build unix && !darwin

package oskeychain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"credmint/keychain"
	"credmint/keychain/secretservice"
)

// newOSStore is the desktop's Secret Service.
func newOSStore(getenv func(string) string) keychain.Store {
	b := &bus{getenv: getenv}
	return &osStore{ready: b.ready, quick: b.read, attended: b.attended, explain: b.explain}
}

// bus is the session bus, where the Secret Service is.
type bus struct{ getenv func(string) string }

// ready keeps the D-Bus library from starting a bus of its own, with dbus-launch, which would stay behind for ever.
func (b *bus) ready() error {
	address := secretservice.Address(b.getenv)
	if !strings.HasPrefix(address, "unix:") {
		return fmt.Errorf("%w: there is no session bus", keychain.ErrUnavailable)
	}
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != address {
		return os.Setenv("DBUS_SESSION_BUS_ADDRESS", address) // go-keyring finds it nowhere else
	}
	return nil
}

// read is the quick way. It leaves to go-keyring what that can mend: a service that has not been started yet, a
// collection that a person can unlock, and answers it does not understand.
func (b *bus) read(ctx context.Context, item string) (string, bool, error) {
	deadline := time.Now().Add(busy)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	value, err := secretservice.Read(deadline, unattended, secretservice.Address(b.getenv), service, item)
	switch {
	case err == nil:
		return value, true, nil
	case errors.Is(err, secretservice.ErrNotFound):
		return "", true, keychain.ErrNotFound
	case errors.Is(err, secretservice.ErrLocked):
		return "", !b.attended(), keychain.ErrLocked
	case errors.Is(err, secretservice.ErrNoBus):
		return "", true, fmt.Errorf("%w: %w", keychain.ErrUnavailable, err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", true, fmt.Errorf("%w: no answer in %s", keychain.ErrTimeout, unattended)
	case errors.Is(err, secretservice.ErrAmbiguous), errors.Is(err, secretservice.ErrTooLong):
		return "", true, fmt.Errorf("%w: %w", keychain.ErrCorrupt, err)
	}
	return "", false, nil
}

// attended: a desktop has a prompter that can ask for the keyring's password.
func (b *bus) attended() bool { return b.getenv("DISPLAY") != "" || b.getenv("WAYLAND_DISPLAY") != "" }

// explain sorts the errors of go-keyring and of the services behind it, most of which are text only.
func (b *bus) explain(err error) error {
	text := err.Error()
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(text, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("failed to unlock correct collection '/org/freedesktop/secrets/aliases/default'", "Alias default does not exist"):
		return fmt.Errorf("%w: it has no default collection", keychain.ErrUnavailable)
	case has("failed to unlock correct collection") && b.attended():
		return keychain.ErrDeclined
	case has("failed to unlock correct collection", "IsLocked"):
		return keychain.ErrLocked
	case has("rejected", "dismissed"):
		return keychain.ErrDeclined
	case has("not provided by any .service files", "ServiceUnknown", "NameHasNoOwner"):
		return fmt.Errorf("%w: no Secret Service is on the session bus", keychain.ErrUnavailable)
	case has("dial unix", "connection refused", "connection closed", "invalid bus address", "dbus-launch", "EOF", "broken pipe", "connection reset"):
		return fmt.Errorf("%w: the session bus cannot be reached", keychain.ErrUnavailable)
	case has("NoReply", "Timeout"):
		return keychain.ErrTimeout
	}
	return fmt.Errorf("%w: %s", keychain.ErrUnavailable, text)
}
