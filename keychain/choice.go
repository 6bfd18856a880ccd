package keychain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"credmint/helper/atomicfile"
	"credmint/helper/filename"
)

// marker is what the file "keychain" in the data directory remembers, so that a keychain that is away is an error and not
// a downgrade: the store that is in use, those that were before and may still have what is in no index, and for how long
// the kernel is lent a secret.
//
//	file
//	old os
//	lend 10m0s
type marker struct {
	choice string
	old    []string
	lend   time.Duration // zero: it is lent none
}

const (
	maxMarker = 1 << 10
	oldWord   = "old "
	lendWord  = "lend "
)

func (k *Keychain) markerPath() string { return filename.Join(k.dir, "keychain") }

// remembered is the choice that was made before. Where none was, nothing has ever been stored.
func (k *Keychain) remembered() (m marker, found bool, err error) {
	data, err := atomicfile.Read(k.markerPath(), maxMarker)
	if errors.Is(err, fs.ErrNotExist) {
		return marker{}, false, nil
	}
	if err != nil {
		return marker{}, false, fmt.Errorf("find out which keychain is in use: %w", err)
	}
	choice, rest, _ := strings.Cut(string(data), "\n")
	m.choice = strings.TrimSpace(choice)
	for line := range strings.Lines(rest) {
		if store, ok := strings.CutPrefix(strings.TrimSpace(line), oldWord); ok {
			m.old = append(m.old, store)
		}
		if life, ok := strings.CutPrefix(strings.TrimSpace(line), lendWord); ok {
			m.lend, _ = time.ParseDuration(life) // what is no time lends nothing
		}
	}
	return m, true, nil
}

// turned is the marker after another choice.
func (m marker) turned(choice string) marker {
	old := slices.DeleteFunc(append(slices.Clone(m.old), m.choice), func(s string) bool { return s == choice || s == "" })
	slices.Sort(old)
	return marker{choice: choice, old: slices.Compact(old), lend: m.lend}
}

func (k *Keychain) mark(m marker) error {
	text := m.choice + "\n"
	for _, store := range m.old {
		text += oldWord + store + "\n"
	}
	if m.lend > 0 {
		text += lendWord + m.lend.String() + "\n"
	}
	return atomicfile.Write(k.markerPath(), []byte(text), 0o600)
}

// Remembered is the store that was chosen before; empty where none was.
func (k *Keychain) Remembered() (string, error) {
	m, _, err := k.remembered()
	return m.choice, err
}

// remember writes the choice down, once something has been stored under it.
func (k *Keychain) remember() error {
	before, found, err := k.remembered()
	if err == nil && found && (!k.chosen || before.choice == k.choice) {
		return nil
	}
	return k.mark(before.turned(k.choice)) // one that cannot be read is written anew
}

// Use chooses the store of what is written next, after trying whether it keeps what it is given. What the index names stays
// where it is. The unlisted names, which are looked for in the chosen store only, are copied there; left says why one was
// not, for which the caller's next step is to make it anew.
func (k *Keychain) Use(ctx context.Context, store string, unlisted ...string) (left, err error) {
	if _, err := k.store(store); err != nil {
		return nil, err
	}
	unlock, err := k.lock(ctx)
	if err != nil {
		return nil, failed("write", probeItem, err)
	}
	defer unlock()
	if err := k.in(store, func(s Store) error { _, err := probe(ctx, s); return err }); err != nil {
		return nil, failed("probe", store, err)
	}
	m, found, err := k.remembered()
	if err != nil {
		return nil, err
	}
	if found && m.choice != store {
		for _, name := range unlisted {
			if err := k.copy(ctx, name, m.choice, store); err != nil && !errors.Is(err, ErrNotFound) {
				left = errors.Join(left, failed("copy", name, err))
			}
		}
	}
	if err := k.mark(m.turned(store)); err != nil {
		return left, err
	}
	k.choice, k.chosen = store, true
	return left, nil
}

// Old are the stores that were in use before the chosen one, and may still have the unlisted names.
func (k *Keychain) Old() ([]string, error) {
	m, _, err := k.remembered()
	return m.old, err
}

// RemoveOld removes unlisted names from a store that was in use before, and forgets that it was.
func (k *Keychain) RemoveOld(ctx context.Context, store string, unlisted ...string) error {
	unlock, err := k.lock(ctx)
	if err != nil {
		return failed("remove", store, err)
	}
	defer unlock()
	m, _, err := k.remembered()
	if err != nil || store == m.choice || !slices.Contains(m.old, store) {
		return err
	}
	for _, name := range unlisted {
		if err := k.remove(ctx, store, name); err != nil && !errors.Is(err, ErrNotFound) {
			return failed("remove", name, err)
		}
	}
	m.old = slices.DeleteFunc(m.old, func(s string) bool { return s == store })
	return k.mark(m)
}
