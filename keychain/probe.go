package keychain

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"
)

// probeItem is what Probe writes. No other name is without a slash but the sealing key's.
const probeItem = "doctor-probe"

// Checker is a store that can tell whether it is there, without a question to anybody and without writing anything.
type Checker interface {
	Check(ctx context.Context) error
}

// Look finds out whether a store answers, and writes nothing: it reads a secret that the store has, if the index names one,
// or else asks for one that there cannot be. read is how long that took.
func (k *Keychain) Look(ctx context.Context, store string) (read time.Duration, err error) {
	entries, err := k.List("")
	if err != nil {
		return 0, err
	}
	name := probeItem
	for _, e := range entries {
		if e.Store == store {
			name = e.Name
		}
	}
	err = k.in(store, func(s Store) error {
		if c, ok := s.(Checker); ok {
			if err := c.Check(ctx); err != nil {
				return err
			}
		}
		began := time.Now()
		_, err := s.Get(ctx, item(name))
		read = time.Since(began)
		if errors.Is(err, ErrNotFound) && name == probeItem {
			return nil
		}
		return err
	})
	return read, err
}

// Limit is the longest value that a store takes in one item, in bytes, beyond which a secret is kept in several; 0: there
// is no such limit.
func (k *Keychain) Limit(store string) (int, error) {
	s, err := k.store(store)
	if err != nil {
		return 0, err
	}
	return s.Limit(), nil
}

// Choice is the store that secrets are written to.
func (k *Keychain) Choice() string { return k.choice }

// Probe finds out whether the chosen store keeps what it is given: it writes a random value under a name of its own, reads
// it back and removes it, and neither lists it nor remembers the choice. read is how long the reading takes, the least of
// three: a machine that is busy for a moment has no slow keychain. It looks first, so that nothing is written to a keychain
// that is locked.
func (k *Keychain) Probe(ctx context.Context) (read time.Duration, err error) {
	unlock, err := k.lock(ctx)
	if err != nil {
		return 0, failed("write", probeItem, err)
	}
	defer unlock()
	err = failed("probe", probeItem, k.in(k.choice, func(s Store) (err error) {
		read, err = probe(ctx, s)
		return err
	}))
	return read, err
}

func probe(ctx context.Context, s Store) (read time.Duration, err error) {
	if _, err := s.Get(ctx, item(probeItem)); err != nil && !errors.Is(err, ErrNotFound) {
		return 0, err
	}
	if err := writeFramed(ctx, s, item(probeItem), []byte(unlikely())); err != nil { // reads it back
		return 0, err
	}
	for try := 0; try < 3 && err == nil; try++ {
		began := time.Now()
		_, err = readFramed(ctx, s, item(probeItem))
		if took := time.Since(began); try == 0 || took < read {
			read = took
		}
	}
	return read, errors.Join(err, removeFramed(ctx, s, item(probeItem)))
}

// unlikely is a text that nobody else has come upon. It is no secret.
func unlikely() string { return strconv.FormatUint(rand.Uint64(), 36) }
