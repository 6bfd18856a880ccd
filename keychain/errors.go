package keychain

import (
	"errors"
	"fmt"
	"io/fs"
)

// What may go wrong with a keychain, told apart so that callers can decide: only ErrNotFound may ever lead to a new
// secret. Every error of this package wraps one of them or is an error of the file system.
var (
	// ErrNotFound says that there is no such item. It is fs.ErrNotExist too.
	ErrNotFound error = notFound{}

	// ErrLocked says that a person must unlock the keychain, and that none could be asked.
	ErrLocked = errors.New("the keychain is locked")

	// ErrDeclined says that a person was asked and said no, or gave a wrong passphrase.
	ErrDeclined = errors.New("access to the keychain was declined")

	// ErrUnavailable says that there is no keychain here.
	ErrUnavailable = errors.New("there is no keychain")

	// ErrTimeout says that the keychain did not answer in time.
	ErrTimeout = errors.New("the keychain does not answer")

	// ErrTooBig says that the keychain takes no value of that size.
	ErrTooBig = errors.New("the value is too big for the keychain")

	// ErrCorrupt says that an item holds something that credmint did not write. It is left as it is.
	ErrCorrupt = errors.New("the keychain's item is damaged")
)

type notFound struct{}

func (notFound) Error() string        { return "the keychain has no such item" }
func (notFound) Is(target error) bool { return target == fs.ErrNotExist }

// Error is a failure of one operation on one item.
type Error struct {
	Op   string // "read", "write", "remove", "move", "probe"
	Name string
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("%s %s: %v", e.Op, e.Name, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

func failed(op, name string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrNotFound) {
		err = elsewhere{err}
	}
	return &Error{Op: op, Name: name, Err: err}
}

// elsewhere is an error of which something else than the item is missing: the bus's socket, a passphrase's file. It is no
// fs.ErrNotExist, by which callers know that there is no such item.
type elsewhere struct{ error }

func (e elsewhere) Is(target error) bool {
	return target != fs.ErrNotExist && errors.Is(e.error, target)
}
func (e elsewhere) As(target any) bool { return errors.As(e.error, target) }

// Hint is that of the error, which cannot be unwrapped.
func (e elsewhere) Hint() string {
	var advised interface{ Hint() string }
	if errors.As(e.error, &advised) {
		return advised.Hint()
	}
	return ""
}

// Advise adds to an error what to type, which its method Hint returns.
func Advise(err error, hint string) error { return &advised{err, hint} }

type advised struct {
	error
	hint string
}

func (e *advised) Unwrap() error { return e.error }
func (e *advised) Hint() string  { return e.hint }

const (
	hintUnavailable = "start a Secret Service (gnome-keyring, KeePassXC, KWallet), or keep secrets in an encrypted file: " +
		"CREDMINT_KEYCHAIN=file, or `credmint keychain use file`"
	hintLocked     = "unlock the keyring (log in to the desktop, or `gnome-keyring-daemon --unlock`) and try again"
	hintPassphrase = "run it in a terminal, or name a file that holds the passphrase: CREDMINT_PASSPHRASE_FILE"
)

// explain adds what to type to the errors of stores that do not say it themselves.
func explain(store string, err error) error {
	var own interface{ Hint() string }
	if errors.As(err, &own) {
		return err
	}
	switch away := errors.Is(err, ErrUnavailable) || errors.Is(err, ErrTimeout); {
	case store == OS && away:
		return Advise(err, hintUnavailable)
	case store == OS && errors.Is(err, ErrLocked):
		return Advise(err, hintLocked)
	case store == File && errors.Is(err, ErrLocked):
		return Advise(err, hintPassphrase)
	}
	return err
}
