//go:build unix && !darwin

package keychain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"credmint/keychain/secretservice"
)

// newOSStore is the desktop's Secret Service.
func newOSStore(getenv func(string) string) Store {
	b := &bus{getenv: getenv}
	return &osStore{ready: b.ready, quick: b.read, attended: b.attended, explain: b.explain}
}

// bus is the session bus, where the Secret Service is.
type bus struct{ getenv func(string) string }

// address is the session bus's, and empty where there is none.
func (b *bus) address() string {
	if a := b.getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" {
		return a
	}
	dir := b.getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = filepath.Join("/run/user", strconv.Itoa(os.Getuid()))
	}
	socket := filepath.Join(dir, "bus")
	if info, err := os.Stat(socket); err != nil || info.Mode()&os.ModeSocket == 0 {
		return ""
	}
	return "unix:path=" + socket
}

// ready keeps the D-Bus library from starting a bus of its own, with dbus-launch, which would stay behind for ever.
func (b *bus) ready() error {
	address := b.address()
	if !strings.HasPrefix(address, "unix:") {
		return fmt.Errorf("%w: there is no session bus", ErrUnavailable)
	}
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != address {
		return os.Setenv("DBUS_SESSION_BUS_ADDRESS", address) // go-keyring finds it nowhere else
	}
	return nil
}

// read is the quick way. It leaves to go-keyring what that can mend: a service that has not been started yet, a
// collection that a person can unlock, and answers it does not understand.
func (b *bus) read(ctx context.Context, item string) (string, bool, error) {
	deadline := time.Now().Add(unattended)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	value, err := secretservice.Read(deadline, b.address(), service, item)
	switch {
	case err == nil:
		return value, true, nil
	case errors.Is(err, secretservice.ErrNotFound):
		return "", true, ErrNotFound
	case errors.Is(err, secretservice.ErrLocked):
		return "", !b.attended(), ErrLocked
	case errors.Is(err, secretservice.ErrNoBus):
		return "", true, fmt.Errorf("%w: %w", ErrUnavailable, err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", true, fmt.Errorf("%w: no answer in %s", ErrTimeout, unattended)
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
		return fmt.Errorf("%w: it has no default collection", ErrUnavailable)
	case has("failed to unlock correct collection") && b.attended():
		return ErrDeclined
	case has("failed to unlock correct collection", "IsLocked"):
		return ErrLocked
	case has("rejected", "dismissed"):
		return ErrDeclined
	case has("not provided by any .service files", "ServiceUnknown", "NameHasNoOwner"):
		return fmt.Errorf("%w: no Secret Service is on the session bus", ErrUnavailable)
	case has("dial unix", "connection refused", "connection closed", "invalid bus address", "dbus-launch", "EOF", "broken pipe", "connection reset"):
		return fmt.Errorf("%w: the session bus cannot be reached", ErrUnavailable)
	case has("NoReply", "Timeout"):
		return ErrTimeout
	}
	return fmt.Errorf("%w: %s", ErrUnavailable, text)
}
