package keychain

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// passphrase is the Wrapping of the store File:
//
//	magic "CMM1" | passes (4) | memory in KiB (4) | threads (1) | salt (16) | nonce (24) | XChaCha20-Poly1305(key)
//	                                                             additional data: everything before the nonce
//
// whose key is Argon2id of the passphrase with those parameters. They are the second choice of RFC 9106, section 4;
// a file that asks for much more is refused before any work is done, so that planting one cannot stall a machine.
type passphrase struct {
	ask func(ctx context.Context, confirm bool) ([]byte, error) // nil: nobody knows it
}

var _ Wrapping = passphrase{}

const (
	masterMagic = "CMM1"
	saltSize    = 16
	headSize    = len(masterMagic) + 4 + 4 + 1 + saltSize

	passes, memoryKiB, threads     = 3, 64 << 10, 4
	mostPasses, mostKiB, mostLanes = 16, 1 << 20, 16
)

func (p passphrase) Unwrap(ctx context.Context, data []byte) ([]byte, error) {
	if len(data) < headSize || string(data[:len(masterMagic)]) != masterMagic {
		return nil, fmt.Errorf("%w: it is none of credmint's files, or of a newer version's", ErrCorrupt)
	}
	head := data[:headSize]
	n, kib, lanes := binary.BigEndian.Uint32(head[4:]), binary.BigEndian.Uint32(head[8:]), head[12]
	if n < 1 || n > mostPasses || kib < 8<<10 || kib > mostKiB || lanes < 1 || lanes > mostLanes {
		return nil, fmt.Errorf("%w: it asks for unreasonable work", ErrCorrupt)
	}
	text, err := p.text(ctx, false)
	if err != nil {
		return nil, err
	}
	key, err := unseal(argon2.IDKey(text, head[headSize-saltSize:], n, kib, lanes, keySize), data[headSize:], head)
	if err != nil {
		return nil, fmt.Errorf("%w: the passphrase is wrong, or the file is damaged", ErrDeclined)
	}
	return key, nil
}

func (p passphrase) Wrap(ctx context.Context, key []byte) ([]byte, error) {
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

func (p passphrase) text(ctx context.Context, confirm bool) ([]byte, error) {
	if p.ask == nil {
		return nil, fmt.Errorf("%w: it needs its passphrase, and nobody can be asked for it", ErrLocked)
	}
	text, err := p.ask(ctx, confirm)
	if err != nil {
		return nil, fmt.Errorf("%w: it needs its passphrase: %w", ErrLocked, err)
	}
	if len(text) == 0 {
		return nil, fmt.Errorf("%w: an empty passphrase protects nothing", ErrDeclined)
	}
	return text, nil
}
