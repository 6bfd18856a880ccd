// Package keychain keeps named secrets in the OS keychain or, where a person chose it, in encrypted files. Over the
// stores that do so it adds what they lack: values that are known to be whole, reading back what was written, and an
// index of names. The OS keychain itself is package oskeychain's, so that whoever only reads needs no library for it.
//
// It knows nothing of AWS, of git, or of what the secrets are for, and it never turns from one store to another by
// itself.
package keychain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"credmint/helper/atomicfile"
	"credmint/helper/filename"
)

// Store keeps values of text under names. Get and Delete of a name that is not there are ErrNotFound; any error wraps
// one of the package's. Limit is the longest value in bytes, and 0 where there is none.
type Store interface {
	Get(ctx context.Context, item string) (string, error)
	Set(ctx context.Context, item, value string) error
	Delete(ctx context.Context, item string) error
	Limit() int
}

// The names of the stores.
const (
	OS   = "os"   // Secret Service, macOS Keychain, Windows Credential Manager
	File = "file" // encrypted files in the data directory: package files
)

// Options says where a keychain is and whom it may ask.
type Options struct {
	// Dir is the data directory: the index, the files of the file store, and which store was chosen. It is made when
	// something is first written.
	Dir string

	// Choice is the name of the store to use; empty: the one that was chosen before, else OS.
	Choice string

	// OS is the store of that name; nil: there is none. Greet, where it is not nil, tells it that it is about to be asked.
	OS    Store
	Greet func()

	// NewLock is the lock on a file; nil for those who only read.
	NewLock func(path string) atomicfile.Lock

	// Other opens the stores of other names, and asks them nothing yet; nil for a name that is none.
	Other func(name string) Store
}

// Keychain is one user's secrets.
type Keychain struct {
	dir     string
	choice  string // the store of what is written next
	chosen  bool   // by the caller, so that it is to be remembered
	lend    time.Duration
	greet   func() // the store of choice; nil: it has no use for that
	index   index
	newLock func(path string) atomicfile.Lock
	stores  map[string]Store // those that were opened
	other   func(name string) Store
	broken  map[string]error // stores that could not be used a moment ago: nobody is asked, or waits, twice
}

// Open finds out which store is in use. It asks no store anything.
func Open(o Options) (*Keychain, error) {
	k := &Keychain{
		dir: o.Dir, choice: o.Choice, chosen: o.Choice != "", index: index{filename.Join(o.Dir, "index")},
		newLock: o.NewLock, other: o.Other, broken: map[string]error{},
	}
	k.stores = map[string]Store{OS: o.OS}
	m, found, err := k.remembered()
	if k.choice == "" {
		if err != nil {
			return nil, err
		}
		if k.choice = m.choice; !found {
			k.choice = OS
		}
	}
	if k.lend = m.lend; k.choice == OS {
		k.greet = o.Greet
	}
	_, err = k.store(k.choice)
	return k, err
}

// store opens a store.
func (k *Keychain) store(name string) (Store, error) {
	if k.stores[name] == nil && k.other != nil {
		k.stores[name] = k.other(name)
	}
	if k.stores[name] == nil {
		return nil, Advise(fmt.Errorf("%w %q", ErrUnavailable, name), "run `credmint keychain list` to see which there are")
	}
	return k.stores[name], nil
}

// Greet is for those who will ask for what Borrow gives, and have something else to do before. A store that can makes itself
// ready meanwhile. It is asked for nothing yet, and left alone where the kernel may have been lent the secret.
func (k *Keychain) Greet() {
	if k.greet != nil && k.lend == 0 {
		k.greet()
	}
}

// Get returns a secret.
func (k *Keychain) Get(ctx context.Context, name string) ([]byte, error) {
	value, err := k.get(ctx, name)
	return value, failed("read", name, err)
}

func (k *Keychain) get(ctx context.Context, name string) ([]byte, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	var value []byte
	err := k.in(k.storeOf(name), func(s Store) (err error) {
		value, err = readFramed(ctx, s, item(name))
		return err
	})
	return value, err
}

// Set keeps a secret, in the place of what was under that name, and reads it back. about, which is not secret, goes into
// the index; without it the name is not listed.
func (k *Keychain) Set(ctx context.Context, name string, value []byte, about map[string]string) error {
	unlock, err := k.lock(ctx)
	if err != nil {
		return failed("write", name, err)
	}
	defer unlock()
	return failed("write", name, k.set(ctx, name, value, about))
}

func (k *Keychain) set(ctx context.Context, name string, value []byte, about map[string]string) error {
	if err := checkName(name); err != nil {
		return err
	}
	before, _ := k.index.get(name) // what is damaged is written anew
	store := k.choice
	defer k.outdated(name)
	if err := k.in(store, func(s Store) error { return writeFramed(ctx, s, item(name), value) }); err != nil {
		return err
	}
	if err := k.remember(); err != nil {
		return err
	}
	if about == nil {
		return nil
	}
	e := before.moved(store)
	e.Name, e.About, e.Written = name, about, time.Now().UTC().Truncate(time.Second)
	return k.index.put(e)
}

// Delete removes a secret, from wherever it has been too, and then its name from the index.
func (k *Keychain) Delete(ctx context.Context, name string) error {
	unlock, err := k.lock(ctx)
	if err != nil {
		return failed("remove", name, err)
	}
	defer unlock()
	return failed("remove", name, k.delete(ctx, name))
}

func (k *Keychain) delete(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	defer k.outdated(name)
	gone := k.remove(ctx, k.storeOf(name), name)
	if gone != nil && !errors.Is(gone, ErrNotFound) {
		return gone
	}
	if err := k.removeCopies(ctx, name); err != nil {
		return err
	}
	return errors.Join(gone, k.index.remove(name))
}

func (k *Keychain) remove(ctx context.Context, store, name string) error {
	return k.in(store, func(s Store) error { return removeFramed(ctx, s, item(name)) })
}

// Update changes a secret while no other process does. change gets nil when there is none; it returns what is to be
// kept: nil removes the secret, and what it got is not written again. This is how a secret is made by exactly one of
// many processes, and only after a clean not-found: any other failure to read ends the update.
func (k *Keychain) Update(ctx context.Context, name string, change func(old []byte) (value []byte, about map[string]string, err error)) error {
	unlock, err := k.lock(ctx)
	if err != nil {
		return failed("write", name, err)
	}
	defer unlock()
	old, err := k.get(ctx, name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return failed("read", name, err)
	}
	value, about, err := change(old)
	switch {
	case err != nil:
		return err
	case value == nil && old == nil, value != nil && old != nil && bytes.Equal(value, old):
		return nil
	case value == nil:
		return failed("remove", name, k.delete(ctx, name))
	}
	return failed("write", name, k.set(ctx, name, value, about))
}

// About returns what the index says of a name; the keychain is not asked. ErrNotFound: nothing.
func (k *Keychain) About(name string) (map[string]string, error) {
	e, err := k.index.get(name)
	return e.About, err
}

// List returns the names in the index that begin with prefix, in their order; the keychain is not asked.
func (k *Keychain) List(prefix string) ([]Entry, error) { return k.index.list(prefix) }

// storeOf is where a name's secret is: a person who chose another store has moved nothing.
func (k *Keychain) storeOf(name string) string {
	if e, err := k.index.get(name); err == nil {
		return e.Store
	}
	return k.choice
}

// Retry has stores asked again that could not be used a moment ago: a keyring that was locked is unlocked some day, and a
// bus comes back. Who has declined is not asked again.
func (k *Keychain) Retry() {
	maps.DeleteFunc(k.broken, func(_ string, err error) bool { return !errors.Is(err, ErrDeclined) })
}

// in works with a store, unless it failed in a way that would only repeat itself.
func (k *Keychain) in(store string, work func(Store) error) error {
	if err := k.broken[store]; err != nil {
		return err
	}
	s, err := k.store(store)
	if err != nil {
		return err
	}
	err = explain(store, work(s))
	for _, final := range []error{ErrLocked, ErrDeclined, ErrUnavailable, ErrTimeout} {
		if errors.Is(err, final) {
			k.broken[store] = err
		}
	}
	return err
}

// lockWait bounds the wait for another process's write, which may be asking a person.
const lockWait = 45 * time.Second

// lock keeps other processes' writes away. The kernel gives it up for a process that dies; and since every call of a
// store has a deadline, nobody holds it for ever.
func (k *Keychain) lock(ctx context.Context) (unlock func(), err error) {
	if k.newLock == nil {
		return nil, errors.New("nothing is written from here")
	}
	if err := atomicfile.MkdirPrivate(k.dir); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	l := k.newLock(filename.Join(k.dir, "lock"))
	held, err := l.TryLockContext(ctx, 5*time.Millisecond)
	if ctx.Err() != nil && !held {
		return nil, fmt.Errorf("%w: another process is writing to it: %w", ErrTimeout, err)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", l.Path(), err)
	}
	return func() { _ = l.Unlock() }, nil
}
