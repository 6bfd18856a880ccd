// Package files is a keychain of encrypted files, for machines without another one; and for those whose machine keeps one key.
package files

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"credmint/helper/atomicfile"
	"credmint/helper/filename"
	"credmint/keychain"
)

// Wrapping keeps the one key that a keychain of files is sealed with: under a passphrase, or in something of the
// machine's. What Wrap returns is kept in a file; Unwrap returns the key again, or an error that wraps one of the
// package keychain's. Both may ask a person, and have their own deadlines.
type Wrapping interface {
	Wrap(ctx context.Context, key []byte) ([]byte, error)
	Unwrap(ctx context.Context, wrapped []byte) ([]byte, error)
}

// Open is the keychain in the directory dir, which is made when something is first written. It is only ever chosen by a person.
func Open(dir string, w Wrapping) keychain.Store { return &store{dir: dir, wrapping: w} }

// store keeps each value in a file sealed with a master key, and the master key in a file as its Wrapping has it.
//
// A value's file, named after its item:
//
//	magic "CMF1" | nonce (24) | XChaCha20-Poly1305(value)       additional data: magic and item name
//
// The master key's is named "master", which no item is.
type store struct {
	dir      string
	wrapping Wrapping
	master   []byte // once opened
}

var (
	_ keychain.Store   = (*store)(nil)
	_ keychain.Checker = (*store)(nil)
)

// Check asks the Wrapping, if that can tell.
func (s *store) Check(ctx context.Context) error {
	if c, ok := s.wrapping.(keychain.Checker); ok {
		return c.Check(ctx)
	}
	return nil
}

const (
	valueMagic = "CMF1"
	masterFile = "master"
	keySize    = chacha20poly1305.KeySize

	maxFile   = 4 << 20
	maxMaster = 64 << 10
)

func (s *store) Limit() int { return 0 }

func (s *store) path(item string) string {
	return filename.Join(s.dir, keychain.FileName(item)+".sealed")
}

func (s *store) Get(ctx context.Context, item string) (string, error) {
	data, err := atomicfile.Read(s.path(item), maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", keychain.ErrNotFound
	}
	if err != nil {
		return "", err
	}
	master, err := s.open(ctx)
	if errors.Is(err, keychain.ErrNotFound) {
		return "", fmt.Errorf("%w: %s is gone", keychain.ErrCorrupt, s.masterPath())
	}
	if err != nil {
		return "", err
	}
	if len(data) < len(valueMagic) || string(data[:len(valueMagic)]) != valueMagic {
		return "", fmt.Errorf("%w: %s is none of credmint's files, or of a newer version's", keychain.ErrCorrupt, s.path(item))
	}
	value, err := unseal(master, data[len(valueMagic):], []byte(valueMagic+item))
	if err != nil {
		return "", fmt.Errorf("%w: %s does not open", keychain.ErrCorrupt, s.path(item))
	}
	return string(value), nil
}

func (s *store) Set(ctx context.Context, item, value string) error {
	master, err := s.open(ctx)
	if errors.Is(err, keychain.ErrNotFound) {
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

func (s *store) Delete(_ context.Context, item string) error {
	err := atomicfile.Remove(s.path(item))
	if errors.Is(err, fs.ErrNotExist) {
		return keychain.ErrNotFound
	}
	return err
}

// open unwraps the master key. keychain.ErrNotFound: none was made yet.
func (s *store) open(ctx context.Context) ([]byte, error) {
	if s.master != nil {
		return s.master, nil
	}
	wrapped, err := s.wrapped()
	if err != nil {
		return nil, err
	}
	master, err := s.wrapping.Unwrap(ctx, wrapped)
	if err == nil && len(master) != keySize {
		err = fmt.Errorf("%w: it holds no key", keychain.ErrCorrupt)
	}
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, s.masterPath())
	}
	s.master = master
	return master, nil
}

// wrapped is the master key as it is kept. keychain.ErrNotFound: none was made yet.
func (s *store) wrapped() ([]byte, error) {
	data, err := atomicfile.Read(s.masterPath(), maxMaster)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, keychain.ErrNotFound
	}
	return data, err
}

func (s *store) masterPath() string { return filename.Join(s.dir, masterFile) }

// create makes the master key. The caller holds the keychain's lock, so one process does.
func (s *store) create(ctx context.Context) ([]byte, error) {
	if left := s.sealed(); left > 0 {
		return nil, fmt.Errorf("%w: %s is gone, and %d secrets are sealed with its key", keychain.ErrCorrupt, s.masterPath(), left)
	}
	master := make([]byte, keySize)
	_, _ = rand.Read(master) // never fails
	wrapped, err := s.wrapping.Wrap(ctx, master)
	if err != nil {
		return nil, err
	}
	if err := atomicfile.MkdirPrivate(s.dir); err != nil {
		return nil, err
	}
	if err := atomicfile.Write(s.masterPath(), wrapped, 0o600); err != nil {
		return nil, err
	}
	s.master = master
	return master, nil
}

// sealed counts the values that there are.
func (s *store) sealed() (n int) {
	files, _ := os.ReadDir(s.dir)
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".sealed") {
			n++
		}
	}
	return n
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
		return nil, keychain.ErrCorrupt
	}
	return aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], additional)
}
