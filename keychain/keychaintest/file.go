package keychaintest

import (
	"crypto/rand"
	"encoding/binary"
	"os"
	"path/filepath"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// OpenCheaply makes an empty file keychain in the data directory dir whose passphrase costs the least that credmint
// accepts: a test that starts it a hundred times is not there to wait for Argon2. It is written from the drawing of the
// format in keychain/file.go, and so holds credmint to that too.
func OpenCheaply(dir, passphrase string) error {
	const passes, memoryKiB, threads = 1, 8 << 10, 1
	salt, master, nonce := make([]byte, 16), make([]byte, chacha20poly1305.KeySize), make([]byte, chacha20poly1305.NonceSizeX)
	for _, random := range [][]byte{salt, master, nonce} {
		_, _ = rand.Read(random) // never fails
	}
	head := []byte("CMM1")
	head = binary.BigEndian.AppendUint32(head, passes)
	head = binary.BigEndian.AppendUint32(head, memoryKiB)
	head = append(append(head, threads), salt...)
	seal, err := chacha20poly1305.NewX(argon2.IDKey([]byte(passphrase), salt, passes, memoryKiB, threads, chacha20poly1305.KeySize))
	if err != nil {
		return err
	}
	secrets := filepath.Join(dir, "secrets")
	if err := os.MkdirAll(secrets, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(secrets, "master"), append(append(head, nonce...), seal.Seal(nil, nonce, master, head)...), 0o600)
}
