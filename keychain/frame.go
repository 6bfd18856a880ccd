package keychain

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A value is framed before it goes into a store, so that what comes back is known to be whole and ours: stores have
// truncated values, mangled bytes that are no text, and returned warnings of theirs as part of a value.
//
//	cm1:<base64 of the value>.<first 4 bytes of its SHA-256, hex>
//
// Where that is longer than the store takes, it is cut into parts, which are items of their own, and the item itself
// says which:
//
//	cm1+<a or b>:<number of parts>
//
// Writing goes to the generation (a, b) that is not in use, and the item itself is written last: until then the old
// value is whole, and what a crash leaves behind is overwritten the next time.
const (
	framePrefix = "cm1:"
	partsPrefix = "cm1+"
	maxParts    = 64
)

func frame(value []byte) string {
	sum := sha256.Sum256(value)
	return framePrefix + base64.RawStdEncoding.EncodeToString(value) + "." + hex.EncodeToString(sum[:4])
}

func unframe(framed string) ([]byte, error) {
	rest, ok := strings.CutPrefix(framed, framePrefix)
	text, _, found := strings.Cut(rest, ".")
	if !ok || !found {
		return nil, ErrCorrupt
	}
	value, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || frame(value) != framed { // decoding passes over line ends, and over bits that are no byte's
		return nil, ErrCorrupt
	}
	return value, nil
}

// partName names a part. No item's name contains it: "%p" is no escape.
func partName(item, generation string, i int) string {
	return item + "%part-" + generation + strconv.Itoa(i)
}

// parseParts reads the item of a value in parts; ok is false where the item is the value itself.
func parseParts(head string) (generation string, n int, ok bool, err error) {
	rest, ok := strings.CutPrefix(head, partsPrefix)
	if !ok {
		return "", 0, false, nil
	}
	generation, count, _ := strings.Cut(rest, ":")
	n, err = strconv.Atoi(count)
	if err != nil || n < 1 || n > maxParts || generation != "a" && generation != "b" {
		return "", 0, false, ErrCorrupt
	}
	return generation, n, true, nil
}

// readFramed returns the value of an item.
func readFramed(ctx context.Context, s Store, item string) ([]byte, error) {
	head, err := s.Get(ctx, item)
	if err != nil {
		return nil, err
	}
	generation, n, parted, err := parseParts(head)
	if err != nil {
		return nil, err
	}
	if !parted {
		return unframe(head)
	}
	var whole strings.Builder
	for i := range n {
		part, err := s.Get(ctx, partName(item, generation, i))
		if errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("%w: part %d of %d is missing", ErrCorrupt, i+1, n)
		}
		if err != nil {
			return nil, err
		}
		whole.WriteString(part)
	}
	return unframe(whole.String())
}

// writeFramed keeps a value and reads it back. Until it returns nil the old value may still be there. A store that cannot
// say what is there is not written to: it could not be read back, and nobody waits for it, or is asked, twice.
func writeFramed(ctx context.Context, s Store, item string, value []byte) error {
	framed, limit := frame(value), s.Limit()
	before, err := s.Get(ctx, item)
	if err != nil && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt) {
		return err
	}
	old, _, _, _ := parseParts(before)
	head := framed
	if limit > 0 && len(framed) > limit {
		n := (len(framed) + limit - 1) / limit
		if n > maxParts {
			return ErrTooBig
		}
		generation := "a"
		if old == "a" {
			generation = "b"
		}
		for i := range n {
			part := framed[i*limit : min((i+1)*limit, len(framed))]
			if err := s.Set(ctx, partName(item, generation, i), part); err != nil {
				return err
			}
		}
		head = fmt.Sprintf("%s%s:%d", partsPrefix, generation, n)
	}
	if err := s.Set(ctx, item, head); err != nil {
		return err
	}
	back, err := readFramed(ctx, s, item)
	switch {
	case errors.Is(err, ErrNotFound), err == nil && frame(back) == before && before != framed:
		// go-keyring says nothing of a question that a person has dismissed.
		return fmt.Errorf("%w: it keeps nothing of what was written", ErrDeclined)
	case err != nil:
		return fmt.Errorf("read back what was written: %w", err)
	case !bytes.Equal(back, value):
		return fmt.Errorf("%w: it returns something else than was written", ErrCorrupt)
	}
	if old != "" {
		return removeParts(ctx, s, item, old)
	}
	return nil
}

// removeFramed removes an item, then what parts it may have had.
func removeFramed(ctx context.Context, s Store, item string) error {
	if err := s.Delete(ctx, item); err != nil {
		return err
	}
	switch _, err := s.Get(ctx, item); {
	case err == nil: // of a question that a person has dismissed go-keyring says nothing here either
		return fmt.Errorf("%w: it is there still", ErrDeclined)
	case !errors.Is(err, ErrNotFound):
		return err
	}
	if s.Limit() == 0 {
		return nil
	}
	return errors.Join(removeParts(ctx, s, item, "a"), removeParts(ctx, s, item, "b"))
}

// removeParts removes the last part first: what an interruption leaves is still found from the first on.
func removeParts(ctx context.Context, s Store, item, generation string) error {
	n := 0
	for ; n < maxParts; n++ {
		_, err := s.Get(ctx, partName(item, generation, n))
		if errors.Is(err, ErrNotFound) {
			break
		}
		if err != nil {
			return err
		}
	}
	for i := n - 1; i >= 0; i-- {
		if err := s.Delete(ctx, partName(item, generation, i)); err != nil {
			return err
		}
	}
	return nil
}
