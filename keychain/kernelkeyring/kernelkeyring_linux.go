package kernelkeyring

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

const (
	kind = "user" // https://man7.org/linux/man-pages/man7/keyrings.7.html

	// access is what possessors and other processes of the user may do: look at a key, read it and find it, which is all
	// that it takes to invalidate it. Possession alone would not do: under systemd, say, a session need not contain the
	// user's keyring (https://man7.org/linux/man-pages/man7/user-session-keyring.7.html), so that nobody possesses what is
	// in it. Nobody may write to a key, or change how long it lasts.
	access = (view | read | search) * (possessor | user)

	view, read, search = 0x01, 0x02, 0x08
	possessor, user    = 1 << 24, 1 << 16
)

// Get returns a secret.
func Get(name string) ([]byte, error) {
	id, err := searchKey(name)
	if err != nil {
		return nil, explain("search", err)
	}
	value := make([]byte, MaxValue)
	n, err := readKey(id, value)
	if err != nil {
		return nil, explain("read", err)
	}
	if n > len(value) {
		return nil, fmt.Errorf("the kernel's keyring has %d bytes of another program's there", n)
	}
	return value[:n], nil
}

// Put lends the kernel a secret, in the place of one of that name. Nobody sees it before its time is limited: it is made in
// a keyring of this thread's own, where it is possessed and so may be changed, and linked into the user's when it is
// complete.
func Put(name string, value []byte, life time.Duration) error {
	if len(value) > MaxValue || life < time.Second {
		return fmt.Errorf("the kernel's keyring is lent no %d bytes for %s", len(value), life)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	id, err := addKey(name, value)
	if err != nil {
		return explain("add_key", err)
	}
	defer func() { _ = keyctl(unlink, id, ofThread) }()
	if err := keyctl(setTimeout, id, int(life/time.Second)); err != nil {
		return explain("set_timeout", err)
	}
	if err := keyctl(link, id, ofUser); err != nil {
		return explain("link", err)
	}
	// Last, for it takes the right to do any of that away.
	return explain("setperm", keyctl(setPerm, id, access))
}

// Remove takes a secret back, from everywhere that it is linked to.
func Remove(name string) error {
	id, err := searchKey(name)
	if err != nil {
		return explain("search", err)
	}
	return explain("invalidate", keyctl(invalidate, id, 0))
}

func explain(call string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOKEY), errors.Is(err, syscall.EKEYEXPIRED), errors.Is(err, syscall.EKEYREVOKED):
		return ErrNone
	case errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EOPNOTSUPP):
		return fmt.Errorf("%w: %w", ErrUnavailable, os.NewSyscallError("keyctl "+call, err))
	}
	return os.NewSyscallError("keyctl "+call, err)
}
