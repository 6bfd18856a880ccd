// Package cache keeps sealed, expiring values in files, and lets one process at a time make each of them.
//
// It knows neither what the values are nor where the sealing key is kept. It is a convenience, and behaves like one: a
// fault in it (a damaged file, a full disk, a lock that hangs) is a miss or an error its callers go on without, and
// never a wait without an end.
//
// What it defends against is another user, a backup and a thief of the disk; and a swapped, edited or truncated file,
// whoever did it. Whoever can run as this user and may ask the keychain can read it. An older entry of the same key that
// is put back is accepted until it expires.
package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"credmint/helper/atomicfile"
	"credmint/helper/filename"
)

// ErrMiss says that no entry is kept under a key, or none that can be used. The error that wraps it says why. Where
// that is nobody's fault (nothing was kept, or it has expired) it wraps fs.ErrNotExist too; any other is worth a
// warning.
var ErrMiss = errors.New("nothing usable is kept")

// MaxValue is the largest value that can be kept, in bytes.
const MaxValue = 1 << 20

// Key is a SHA-256 of everything that decides an entry. It is bound into the entry's seal.
type Key [sha256.Size]byte

// Name is the name of the key's entry in the directory. It tells nothing of the key.
func (k Key) Name() string {
	sum := sha256.Sum256(k[:])
	return hex.EncodeToString(sum[:])
}

// Entry is a value and its times, which are kept in whole seconds, rounded down, in UTC. It prints without its value,
// whatever the verb.
type Entry struct {
	Value   []byte
	Stored  time.Time
	Expires time.Time
}

// String names the entry by its size and end.
func (e Entry) String() string {
	return fmt.Sprintf("entry of %d bytes until %s", len(e.Value), e.Expires.UTC().Format(time.RFC3339))
}

// Format keeps the value out of every verb, %+v and %#v included.
func (e Entry) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(e.String())) }

// MarshalJSON keeps the value out of JSON.
func (e Entry) MarshalJSON() ([]byte, error) { return json.Marshal(e.String()) }

// Dir is a directory of entries. Entries are files named Key.Name, or as MadeFrom says; see seal for what is in them. A sub-directory holds
// a lock file per key, which is never removed.
type Dir struct {
	// Path is the directory; the first Put makes it.
	Path string

	// SealingKey returns the 32 bytes entries are sealed with. It is asked at most once per Get, and not at all when
	// nothing is kept or it has expired; the caller remembers the answer if asking is dear. With create it may make a
	// key that does not exist; without, that is fs.ErrNotExist.
	SealingKey func(ctx context.Context, create bool) ([]byte, error)

	// OpeningKey, where it is not nil, is asked by Get in the place of SealingKey for the key with that ID. It may look for it
	// in places that nothing should be sealed with a key from; an answer with another ID opens nothing.
	OpeningKey func(ctx context.Context, id KeyID) ([]byte, error)

	// Now is the clock; nil is time.Now.
	Now func() time.Time

	// NewLock is the lock on a file; nil: nothing can be locked here.
	NewLock func(path string) atomicfile.Lock

	// Wait limits how long Acquire waits for another process; zero is as long as its context allows.
	Wait time.Duration

	source string // begins the names of entries that are made from another, see MadeFrom
}

// MadeFrom is the same directory for entries that are made from the one of key, whether that is kept or not: Delete of key
// forgets them, too. Their files are named after both keys, with a "-" between.
func (d Dir) MadeFrom(key Key) Dir {
	d.source = d.name(key) + "-"
	return d
}

// name is the name of an entry's file.
func (d Dir) name(key Key) string { return d.source + key.Name() }

// Get returns the entry kept under key. An error wraps ErrMiss, or is the one SealingKey gave.
func (d Dir) Get(ctx context.Context, key Key) (Entry, error) {
	path := d.entry(key)
	data, err := atomicfile.Read(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return Entry{}, miss(absence("there is no entry"))
	}
	if err != nil {
		return Entry{}, miss(err)
	}
	h, err := parseHeader(data)
	if err != nil {
		return Entry{}, miss(fmt.Errorf("%s: %w", path, err))
	}
	// Before the sealing key is asked for: an expired entry must not cost a keychain call.
	if !d.now().Before(h.expires) {
		return Entry{}, miss(absence("the entry has expired"))
	}
	secret, err := d.openingKey(ctx, h.keyID)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Entry{}, miss(fmt.Errorf("%s: there is no sealing key any more", path))
	case err != nil:
		return Entry{}, err
	}
	e, err := open(secret, key, data)
	if err != nil {
		return Entry{}, miss(fmt.Errorf("%s: %w", path, err))
	}
	return e, nil
}

func (d Dir) openingKey(ctx context.Context, id KeyID) ([]byte, error) {
	if d.OpeningKey != nil {
		return d.OpeningKey(ctx, id)
	}
	return d.SealingKey(ctx, false)
}

// Put keeps an entry until it expires, in the place of the key's last one. On error that one is kept still. It does not wait
// for the disk: an entry that a power cut spoils does not open, and is made again.
func (d Dir) Put(ctx context.Context, key Key, e Entry) error {
	switch {
	case len(e.Value) > MaxValue:
		return fmt.Errorf("keep %v: it is larger than %d bytes", e, MaxValue)
	case !d.now().Before(e.Expires.Truncate(time.Second)):
		return fmt.Errorf("keep %v: it has expired already", e)
	}
	if err := d.prepare(); err != nil { // first: a key is not made for a directory that cannot be used
		return err
	}
	secret, err := d.SealingKey(ctx, true)
	if err != nil {
		return err
	}
	data, err := seal(secret, key, e)
	if err != nil {
		return err
	}
	return atomicfile.WriteUnsynced(d.entry(key), data, 0o600)
}

func (d Dir) entry(key Key) string { return filename.Join(d.Path, d.name(key)) }

func (d Dir) now() time.Time {
	if d.Now == nil {
		return time.Now()
	}
	return d.Now()
}

func miss(why error) error { return fmt.Errorf("%w: %w", ErrMiss, why) }

// absence is a reason for a miss that calls for no warning.
type absence string

func (a absence) Error() string { return string(a) }

func (a absence) Is(target error) bool { return target == fs.ErrNotExist }
