package keychain

import (
	"context"
	"errors"
	"slices"
)

// Move copies a secret to another store, where it is read back, and only then has the index say that it is there. What it
// was copied from stays, and the index says so. Whatever interrupts it, the secret is where the index says; to move what
// is there already does nothing.
func (k *Keychain) Move(ctx context.Context, name, to string) error {
	unlock, err := k.lock(ctx)
	if err != nil {
		return failed("move", name, err)
	}
	defer unlock()
	e, err := k.index.get(name)
	if err == nil && e.Store != to {
		if err = k.copy(ctx, name, e.Store, to); err == nil {
			err = k.index.put(e.moved(to))
		}
	}
	return failed("move", name, err)
}

func (k *Keychain) copy(ctx context.Context, name, from, to string) error {
	var value []byte
	err := k.in(from, func(s Store) (err error) {
		value, err = readFramed(ctx, s, item(name))
		return err
	})
	if err != nil {
		return err
	}
	return k.in(to, func(s Store) error { return writeFramed(ctx, s, item(name), value) })
}

// RemoveCopies removes what Move left behind of a secret, if the secret itself can be read.
func (k *Keychain) RemoveCopies(ctx context.Context, name string) error {
	unlock, err := k.lock(ctx)
	if err != nil {
		return failed("remove", name, err)
	}
	defer unlock()
	if _, err := k.get(ctx, name); err != nil {
		return failed("read", name, err)
	}
	return failed("remove", name, k.removeCopies(ctx, name))
}

func (k *Keychain) removeCopies(ctx context.Context, name string) error {
	e, err := k.index.get(name)
	if err != nil || len(e.Copies) == 0 {
		return nil // whatever the index says, it names no copy
	}
	for _, store := range slices.Clone(e.Copies) {
		if err := k.remove(ctx, store, name); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		e.Copies = slices.DeleteFunc(e.Copies, func(s string) bool { return s == store })
		if err := k.index.put(e); err != nil {
			return err
		}
	}
	return nil
}
