package files

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/argon2"

	"credmint/keychain"
)

// Passphrase is the Wrapping of the store keychain.File:
//
//	magic "CMM1" | passes (4) | memory in KiB (4) | threads (1) | salt (16) | nonce (24) | XChaCha20-Poly1305(key)
//	                                                             additional data: everything before the nonce
//
// whose key is Argon2id of the passphrase with those parameters. They are the second choice of RFC 9106, section 4;
// a file that asks for much more is refused before any work is done, so that planting one cannot stall a machine.
type Passphrase struct {
	Ask func(ctx context.Context, confirm bool) ([]byte, error) // nil: nobody knows it
}

var _ Wrapping = Passphrase{}

const (
	masterMagic = "CMM1"
	saltSize    = 16
	headSize    = len(masterMagic) + 4 + 4 + 1 + saltSize

	passes, memoryKiB, threads     = 3, 64 << 10, 4
	mostPasses, mostKiB, mostLanes = 16, 1 << 20, 16
)

// Unwrap asks for the passphrase.
func (p Passphrase) Unwrap(ctx context.Context, data []byte) ([]byte, error) {
	if len(data) < headSize || string(data[:len(masterMagic)]) != masterMagic {
		return nil, fmt.Errorf("%w: it is none of credmint's files, or of a newer version's", keychain.ErrCorrupt)
	}
	head := data[:headSize]
	n, kib, lanes := binary.BigEndian.Uint32(head[4:]), binary.BigEndian.Uint32(head[8:]), head[12]
	if n < 1 || n > mostPasses || kib < 8<<10 || kib > mostKiB || lanes < 1 || lanes > mostLanes {
		return nil, fmt.Errorf("%w: it asks for unreasonable work", keychain.ErrCorrupt)
	}
	text, err := p.text(ctx, false)
	if err != nil {
		return nil, err
	}
	key, err := unseal(argon2.IDKey(text, head[headSize-saltSize:], n, kib, lanes, keySize), data[headSize:], head)
	if err != nil {
		return nil, fmt.Errorf("%w: the passphrase is wrong, or the file is damaged", keychain.ErrDeclined)
	}
	return key, nil
}

// Wrap asks for a new one.
func (p Passphrase) Wrap(ctx context.Context, key []byte) ([]byte, error) {
	text, err := p.text(ctx, true)
	if err != nil {
		return nil, err
	}
	head := []byte(masterMagic)
	head = binary.BigEndian.AppendUint32(head, passes)
	head = binary.BigEndian.AppendUint32(head, memoryKiB)
	head = append(head, threads)
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	head = append(head, salt...)
	sealed, err := seal(argon2.IDKey(text, salt, passes, memoryKiB, threads, keySize), key, head)
	if err != nil {
		return nil, err
	}
	return append(head, sealed...), nil
}

func (p Passphrase) text(ctx context.Context, confirm bool) ([]byte, error) {
	if p.Ask == nil {
		return nil, fmt.Errorf("%w: it needs its passphrase, and nobody can be asked for it", keychain.ErrLocked)
	}
	text, err := p.Ask(ctx, confirm)
	if err != nil {
		return nil, fmt.Errorf("%w: it needs its passphrase: %w", keychain.ErrLocked, err)
	}
	if len(text) == 0 {
		return nil, fmt.Errorf("%w: an empty passphrase protects nothing", keychain.ErrDeclined)
	}
	return text, nil
}
