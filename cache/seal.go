package cache

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

const (
	magic = "CMS2" // the last byte is the version

	// KeySize is the size of a sealing key, in bytes.
	KeySize = 32

	headerSize = len(magic) + len(KeyID{}) + 8
	innerSize  = len(Key{}) + 8 + 8
	overhead   = 12 + 16 // nonce and tag
	minFile    = headerSize + innerSize + overhead
	maxFile    = int64(minFile + MaxValue)
)

// header is the clear part of an entry.
type header struct {
	keyID   KeyID
	expires time.Time
}

// seal makes the file of an entry:
//
//	"CMS2" | key id (8) | expires (8) | nonce (12) | AES-256-GCM(key (32) | stored (8) | expires (8) | value)
//	└───────── header (20) ─────────┘
//
// Times are unix seconds, big endian. The key id is the start of the sealing key's SHA-256. The additional data is the
// header and the cache key: an entry with another version, sealing key or expiry does not open, nor does one under
// another cache key's name. What the seal covers is repeated inside and compared once more, so that no mistake in
// assembling the additional data goes unnoticed. A key may seal 2^32 entries with random nonces (NIST SP 800-38D, 8.3).
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

	data = append(data, key[:]...)
	data = binary.BigEndian.AppendUint64(data, uint64(e.Stored.Unix()))
	data = binary.BigEndian.AppendUint64(data, expires)
	data = append(data, e.Value...)
	// In place: the plain text is overwritten, not left for the garbage collector.
	return aead.Seal(data[:headerSize], nil, data[headerSize:], aad), nil
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
	sealed := data[headerSize:]
	aad := append(bytes.Clone(data[:headerSize]), key[:]...)
	inner, err := aead.Open(sealed[:0], nil, sealed, aad)
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

// newAEAD is AES's, which the standard library has: package cache is what every hit waits for.
func newAEAD(secret []byte) (cipher.AEAD, error) {
	if len(secret) != KeySize {
		return nil, fmt.Errorf("the sealing key has %d bytes, want %d", len(secret), KeySize)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// KeyID tells sealing keys apart, and nothing else of them: it stands in the clear part of every entry.
type KeyID [8]byte

// IDOf is the key's.
func IDOf(secret []byte) KeyID {
	sum := sha256.Sum256(secret)
	return KeyID(sum[:])
}

func unixTime(b []byte) time.Time { return time.Unix(int64(binary.BigEndian.Uint64(b)), 0).UTC() }
