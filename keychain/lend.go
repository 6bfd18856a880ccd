package keychain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"credmint/keychain/kernelkeyring"
)

// How long the kernel may be lent a secret.
const (
	ShortestLoan = time.Second
	LongestLoan  = time.Hour
)

// Lend remembers for how long the kernel is lent what Borrow reads, counted from when the keychain was asked; zero: it is
// lent nothing from now on. What it has is not taken back. kernelkeyring.ErrUnavailable: there is no such keyring here.
func (k *Keychain) Lend(ctx context.Context, life time.Duration) error {
	if life != 0 && (life < ShortestLoan || life > LongestLoan) {
		return fmt.Errorf("%s is not between %s and %s", life, ShortestLoan, LongestLoan)
	}
	if life != 0 {
		if err := tryKernel(k.loan(unlikely())); err != nil {
			return err
		}
	}
	unlock, err := k.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	m, found, err := k.remembered()
	if err != nil {
		return err
	}
	if !found {
		m.choice = k.choice
	}
	m.lend = life
	if err := k.mark(m); err != nil {
		return err
	}
	k.lend = life
	return nil
}

// tryKernel finds out whether the kernel gives back what it is lent.
func tryKernel(name string) error {
	if err := kernelkeyring.Put(name, []byte("probe"), ShortestLoan); err != nil {
		return err
	}
	_, err := kernelkeyring.Get(name)
	return errors.Join(err, kernelkeyring.Remove(name))
}

// Borrow is Get that takes what the kernel was lent, if good holds for it: lent reports whether it did. What the keychain
// itself gives the kernel is lent anew. good guards against a secret that has been replaced since, and against what another
// program of the user's has put there; a nil one trusts nothing but the keychain.
func (k *Keychain) Borrow(ctx context.Context, name string, good func(value []byte) bool) (value []byte, lent bool, err error) {
	if k.lend > 0 && good != nil {
		if value, err := kernelkeyring.Get(k.loan(name)); err == nil && good(value) {
			return value, true, nil
		}
	}
	value, err = k.Get(ctx, name)
	if err == nil && k.lend > 0 {
		k.renew(name, value)
	}
	return value, false, err
}

// renew lends the kernel a secret. Where it takes none there is none to borrow, and nobody is the worse for it. The choice is
// looked at once more, for whoever changes it takes back what was lent by then.
func (k *Keychain) renew(name string, value []byte) {
	if kernelkeyring.Put(k.loan(name), value, k.lend) != nil {
		return
	}
	if m, _, err := k.remembered(); err != nil || m.lend == 0 {
		_ = kernelkeyring.Remove(k.loan(name))
	}
}

// Lent says for how long the kernel is lent secrets, zero where it is not, and whether it has this one now.
func (k *Keychain) Lent(name string) (life time.Duration, now bool) {
	_, err := kernelkeyring.Get(k.loan(name))
	return k.lend, err == nil
}

// TakeBack has the kernel forget a secret at once.
func (k *Keychain) TakeBack(name string) error {
	err := kernelkeyring.Remove(k.loan(name))
	if err == nil || errors.Is(err, kernelkeyring.ErrNone) || errors.Is(err, kernelkeyring.ErrUnavailable) {
		return nil
	}
	return failed("take back", name, err)
}

// outdated takes back what has been written, or removed, in the keychain.
func (k *Keychain) outdated(name string) {
	if k.lend > 0 {
		_ = k.TakeBack(name) // Borrow's good sees to the rest
	}
}

// loan is the name of a secret in the keyring, which is one for all of the user's data directories.
func (k *Keychain) loan(name string) string {
	sum := sha256.Sum256([]byte(k.dir))
	return "credmint " + hex.EncodeToString(sum[:8]) + " " + name
}
