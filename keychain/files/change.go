package files

import (
	"bytes"
	"context"
	"fmt"

	"credmint/helper/atomicfile"
	"credmint/keychain"
)

var _ keychain.Passphrased = (*store)(nil)

// ChangePassphrase is keychain.Passphrased's. Only the file of the master key is written, whole or not at all; no secret is.
func (s *store) ChangePassphrase(ctx context.Context, fresh func(context.Context) ([]byte, error), lock func(context.Context) (func(), error)) error {
	before, err := s.wrapped()
	if err != nil {
		return err
	}
	master, err := s.open(ctx)
	if err != nil {
		return err
	}
	// Nobody waits for the lock while a person thinks of a passphrase.
	after, err := Passphrase{func(ctx context.Context, _ bool) ([]byte, error) { return fresh(ctx) }}.Wrap(ctx, master)
	if err != nil {
		return err
	}
	unlock, err := lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if now, err := s.wrapped(); err != nil || !bytes.Equal(now, before) {
		return fmt.Errorf("%s was changed by another process meanwhile", s.masterPath())
	}
	return atomicfile.Write(s.masterPath(), after, 0o600)
}
