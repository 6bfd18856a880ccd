package keychain

import (
	"context"
	"fmt"
)

// Passphrased is a store that a passphrase opens. ChangePassphrase has it open with another one from now on, which fresh tells
// after the old one was right; it writes while it holds the lock. ErrNotFound: the store holds nothing.
type Passphrased interface {
	ChangePassphrase(ctx context.Context, fresh func(context.Context) ([]byte, error), lock func(context.Context) (func(), error)) error
}

// ChangePassphrase is that of the store File.
func (k *Keychain) ChangePassphrase(ctx context.Context, fresh func(context.Context) ([]byte, error)) error {
	s, err := k.store(File)
	if err != nil {
		return err
	}
	p, ok := s.(Passphrased)
	if !ok {
		return fmt.Errorf("%s has no passphrase", File)
	}
	return explain(File, p.ChangePassphrase(ctx, fresh, k.lock))
}
