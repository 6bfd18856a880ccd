package keychain

import (
	"bytes"
	"context"
	"fmt"

	"credmint/helper/atomicfile"
)

// ChangePassphrase has the store File open with another passphrase from now on, which fresh tells after the old one was
// right. Only the file of the master key is written, whole or not at all; no secret is. ErrNotFound: the store holds nothing.
func (k *Keychain) ChangePassphrase(ctx context.Context, fresh func(context.Context) ([]byte, error)) error {
	s := k.stores[File].(*fileStore)
	before, err := s.wrapped()
	if err != nil {
		return err
	}
	master, err := s.open(ctx)
	if err != nil {
		return explain(File, err)
	}
	// Nobody waits for the lock while a person thinks of a passphrase.
	after, err := passphrase{func(ctx context.Context, _ bool) ([]byte, error) { return fresh(ctx) }}.Wrap(ctx, master)
	if err != nil {
		return err
	}
	unlock, err := k.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if now, err := s.wrapped(); err != nil || !bytes.Equal(now, before) {
		return fmt.Errorf("%s was changed by another process meanwhile", s.masterPath())
	}
	return atomicfile.Write(s.masterPath(), after, 0o600)
}
