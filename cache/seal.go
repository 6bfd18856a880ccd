package cache

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/chacha20poly1305"
)

const (
	magic = "CMS1" // the last byte is the version

	headerSize = len(magic) + len(KeyID{}) + 8
	nonceSize  = chacha20poly1305.NonceSizeX
	innerSize  = len(Key{}) + 8 + 8
	sealedAt   = headerSize + nonceSize
	minFile    = sealedAt + innerSize + chacha20poly1305.Overhead
	maxFile    = int64(minFile + MaxValue)
)

// header is the clear part of an entry.
type header struct {
	keyID   KeyID
	expires time.Time
}

// seal makes the file of an entry:
//
//	"CMS1" | key id (8) | expires (8) | nonce (24) | XChaCha20-Poly1305(key (32) | stored (8) | expires (8) | value)
//	└───────── header (20) ─────────┘
//
// Times are unix seconds, big endian. The key id is the start of the sealing key's SHA-256. The additional data is the
// header and the cache key: an entry with another version, sealing key or expiry does not open, nor does one under
// another cache key's name. What the seal covers is repeated inside and compared once more, so that no mistake in
// assembling the additional data goes unnoticed.
func seal(secret []byte, key Key, e Entry) ([]byte, error) {
	aead, err := newAEAD(secret)
	if err != nil {
		return nil, err
	}
	expires := uint64(e.Expires.Unix())
	data := make([]byte, 0, minFile+len(e.Value))
	data = append(data, magic...)
	id := IDOf(secret)
	data = append(data, id[:]...)
	data = binary.BigEndian.AppendUint64(data, expires)
	aad := append(bytes.Clone(data), key[:]...)
	data = data[:sealedAt]
	nonce := data[headerSize:]
	_, _ = rand.Read(nonce) // it never fails, says its documentation

	data = append(data, key[:]...)
	data = binary.BigEndian.AppendUint64(data, uint64(e.Stored.Unix()))
	data = binary.BigEndian.AppendUint64(data, expires)
	data = append(data, e.Value...)
	// In place: the plain text is overwritten, not left for the garbage collector.
	return aead.Seal(data[:sealedAt], nonce, data[sealedAt:], aad), nil
}

// parseHeader reads the clear part of an entry, which nothing has vouched for yet.
func parseHeader(data []byte) (header, error) {
	family, version := magic[:len(magic)-1], magic[len(magic)-1]
	switch {
	case len(data) < len(magic) || string(data[:len(family)]) != family:
		return header{}, errors.New("it is not an entry of this cache")
	case data[len(family)] > version:
		return header{}, errors.New("a newer version of this program wrote it")
	case data[len(family)] < version:
		return header{}, errors.New("an older version of this program wrote it")
	case len(data) < minFile:
		return header{}, errors.New("it is truncated")
	}
	rest := data[len(magic):]
	return header{keyID: KeyID(rest), expires: unixTime(rest[len(KeyID{}):])}, nil
}

// open returns what seal put into data, and overwrites data. Its errors say whether the sealing key is another one or
// the file was changed.
func open(secret []byte, key Key, data []byte) (Entry, error) {
	h, err := parseHeader(data)
	if err != nil {
		return Entry{}, err
	}
	aead, err := newAEAD(secret)
	if err != nil {
		return Entry{}, err
	}
	if h.keyID != IDOf(secret) {
		return Entry{}, errors.New("it is sealed with another key")
	}
	nonce, sealed := data[headerSize:sealedAt], data[sealedAt:]
	aad := append(bytes.Clone(data[:headerSize]), key[:]...)
	inner, err := aead.Open(sealed[:0], nonce, sealed, aad)
	if err != nil {
		return Entry{}, errors.New("it was changed or belongs to another key")
	}
	times := inner[len(key):]
	e := Entry{Stored: unixTime(times), Expires: unixTime(times[8:]), Value: inner[innerSize:]}
	if !bytes.Equal(inner[:len(key)], key[:]) || !e.Expires.Equal(h.expires) {
		return Entry{}, errors.New("its seal contradicts its content")
	}
	return e, nil
}

func newAEAD(secret []byte) (cipher.AEAD, error) {
	if len(secret) != KeySize {
		return nil, fmt.Errorf("the sealing key has %d bytes, want %d", len(secret), KeySize)
	}
	return chacha20poly1305.NewX(secret)
}

// KeyID tells sealing keys apart, and nothing else of them: it stands in the clear part of every entry.
type KeyID [8]byte

// IDOf is the key's.
func IDOf(secret []byte) KeyID {
	sum := sha256.Sum256(secret)
	return KeyID(sum[:])
}

func unixTime(b []byte) time.Time { return time.Unix(int64(binary.BigEndian.Uint64(b)), 0).UTC() }
