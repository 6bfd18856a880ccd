package keychain

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"

	"credmint/helper/atomicfile"
	"credmint/helper/filename"
)

// fileStore keeps each value in a file sealed with a master key, and the master key in a file sealed under a passphrase.
// It is for machines without a keychain, and only ever chosen by a person.
//
// A value's file, named after its item:
//
//	magic "CMF1" | nonce (24) | XChaCha20-Poly1305(value)       additional data: magic and item name
//
// The master key's, named "master", which no item is:
//
//	magic "CMM1" | passes (4) | memory in KiB (4) | threads (1) | salt (16) | nonce (24) | XChaCha20-Poly1305(key)
//	                                                             additional data: everything before the nonce
//
// whose key is Argon2id of the passphrase with those parameters. They are the second choice of RFC 9106, section 4;
// a file that asks for much more is refused before any work is done, so that planting one cannot stall a machine.
type fileStore struct {
	dir        string
	passphrase func(ctx context.Context, confirm bool) ([]byte, error)
	master     []byte // once opened
}

var _ Store = (*fileStore)(nil)

const (
	valueMagic  = "CMF1"
	masterMagic = "CMM1"
	masterFile  = "master"
	keySize     = chacha20poly1305.KeySize
	saltSize    = 16
	headSize    = len(masterMagic) + 4 + 4 + 1 + saltSize

	passes, memoryKiB, threads     = 3, 64 << 10, 4
	mostPasses, mostKiB, mostLanes = 16, 1 << 20, 16

	maxFile = 4 << 20
)

func (s *fileStore) Limit() int { return 0 }

func (s *fileStore) path(item string) string { return filename.Join(s.dir, fileName(item)+".sealed") }

func (s *fileStore) Get(ctx context.Context, item string) (string, error) {
	data, err := atomicfile.Read(s.path(item), maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", err
	}
	master, err := s.open(ctx)
	if errors.Is(err, ErrNotFound) {
		return "", fmt.Errorf("%w: %s is gone", ErrCorrupt, filename.Join(s.dir, masterFile))
	}
	if err != nil {
		return "", err
	}
	if len(data) < len(valueMagic) || string(data[:len(valueMagic)]) != valueMagic {
		return "", fmt.Errorf("%w: %s is none of credmint's files, or of a newer version's", ErrCorrupt, s.path(item))
	}
	value, err := unseal(master, data[len(valueMagic):], []byte(valueMagic+item))
	if err != nil {
		return "", fmt.Errorf("%w: %s does not open", ErrCorrupt, s.path(item))
	}
	return string(value), nil
}

func (s *fileStore) Set(ctx context.Context, item, value string) error {
	master, err := s.open(ctx)
	if errors.Is(err, ErrNotFound) {
		master, err = s.create(ctx)
	}
	if err != nil {
		return err
	}
	sealed, err := seal(master, []byte(value), []byte(valueMagic+item))
	if err != nil {
		return err
	}
	return atomicfile.Write(s.path(item), append([]byte(valueMagic), sealed...), 0o600)
}

func (s *fileStore) Delete(_ context.Context, item string) error {
	err := os.Remove(s.path(item))
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNotFound
	}
	return err
}

// open unwraps the master key. ErrNotFound: none was made yet.
func (s *fileStore) open(ctx context.Context) ([]byte, error) {
	if s.master != nil {
		return s.master, nil
	}
	path := filename.Join(s.dir, masterFile)
	data, err := atomicfile.Read(path, 4096)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	if len(data) < headSize || string(data[:len(masterMagic)]) != masterMagic {
		return nil, fmt.Errorf("%w: %s is none of credmint's files, or of a newer version's", ErrCorrupt, path)
	}
	head := data[:headSize]
	n, kib, lanes := binary.BigEndian.Uint32(head[4:]), binary.BigEndian.Uint32(head[8:]), head[12]
	if n < 1 || n > mostPasses || kib < 8<<10 || kib > mostKiB || lanes < 1 || lanes > mostLanes {
		return nil, fmt.Errorf("%w: %s asks for unreasonable work", ErrCorrupt, path)
	}
	passphrase, err := s.ask(ctx, false)
	if err != nil {
		return nil, err
	}
	wrapping := argon2.IDKey(passphrase, head[headSize-saltSize:], n, kib, lanes, keySize)
	master, err := unseal(wrapping, data[headSize:], head)
	if err != nil || len(master) != keySize {
		return nil, fmt.Errorf("%w: the passphrase is wrong, or %s is damaged", ErrDeclined, path)
	}
	s.master = master
	return master, nil
}

// create makes the master key. The caller holds the keychain's lock, so one process does.
func (s *fileStore) create(ctx context.Context) ([]byte, error) {
	if left := s.sealed(); left > 0 {
		return nil, fmt.Errorf("%w: %s is gone, and %d secrets are sealed with its key", ErrCorrupt, filename.Join(s.dir, masterFile), left)
	}
	passphrase, err := s.ask(ctx, true)
	if err != nil {
		return nil, err
	}
	head := []byte(masterMagic)
	head = binary.BigEndian.AppendUint32(head, passes)
	head = binary.BigEndian.AppendUint32(head, memoryKiB)
	head = append(head, threads)
	salt, master := make([]byte, saltSize), make([]byte, keySize)
	_, _ = rand.Read(salt) // never fails
	_, _ = rand.Read(master)
	head = append(head, salt...)
	sealed, err := seal(argon2.IDKey(passphrase, salt, passes, memoryKiB, threads, keySize), master, head)
	if err != nil {
		return nil, err
	}
	if err := atomicfile.MkdirPrivate(s.dir); err != nil {
		return nil, err
	}
	if err := atomicfile.Write(filename.Join(s.dir, masterFile), append(head, sealed...), 0o600); err != nil {
		return nil, err
	}
	s.master = master
	return master, nil
}

// sealed counts the values that there are.
func (s *fileStore) sealed() (n int) {
	files, _ := os.ReadDir(s.dir)
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".sealed") {
			n++
		}
	}
	return n
}

func (s *fileStore) ask(ctx context.Context, confirm bool) ([]byte, error) {
	if s.passphrase == nil {
		return nil, fmt.Errorf("%w: it needs its passphrase, and nobody can be asked for it", ErrLocked)
	}
	passphrase, err := s.passphrase(ctx, confirm)
	if err != nil {
		return nil, fmt.Errorf("%w: it needs its passphrase: %w", ErrLocked, err)
	}
	if len(passphrase) == 0 {
		return nil, fmt.Errorf("%w: an empty passphrase protects nothing", ErrDeclined)
	}
	return passphrase, nil
}

// seal returns nonce and ciphertext.
func seal(key, plain, additional []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = rand.Read(nonce)
	return aead.Seal(nonce, nonce, plain, additional), nil
}

func unseal(key, sealed, additional []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, ErrCorrupt
	}
	return aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], additional)
}
