package keychain

import (
	"context"
	"crypto/rand"
	"errors"
	"time"
)

// probeItem is what Probe writes. No other name is without a slash but the sealing key's.
const probeItem = "doctor-probe"

// Choice is the store that secrets are written to: OS or File.
func (k *Keychain) Choice() string { return k.choice }

// Probe finds out whether the chosen store keeps what it is given: it writes a random value under a name of its own, reads
// it back and removes it, and neither lists it nor remembers the choice. read is how long the reading took. It looks first,
// so that nothing is written to a keychain that is locked.
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
	if err := writeFramed(ctx, s, item(probeItem), []byte(rand.Text())); err != nil { // reads it back
		return 0, err
	}
	began := time.Now()
	_, err = readFramed(ctx, s, item(probeItem))
	read = time.Since(began)
	return read, errors.Join(err, removeFramed(ctx, s, item(probeItem)))
}
