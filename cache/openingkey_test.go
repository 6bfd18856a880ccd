package cache_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"credmint/cache"
)

// Get asks for the key that sealed the entry, by its ID, and never for one to seal with; another key opens nothing.
func TestOpeningKey(t *testing.T) {
	d := newDir(t)
	mustPut(t, d, testKey, entry("old"))
	sealed, _ := d.SealingKey(t.Context(), false)
	d.SealingKey = func(context.Context, bool) ([]byte, error) { t.Error("it was asked to seal"); return nil, nil }
	for _, secret := range [][]byte{sealed, bytes.Repeat([]byte{7}, cache.KeySize)} {
		var asked cache.KeyID
		d.OpeningKey = func(_ context.Context, id cache.KeyID) ([]byte, error) { asked = id; return secret, nil }
		e, err := d.Get(t.Context(), testKey)
		right := bytes.Equal(secret, sealed)
		if right != (err == nil) || right && string(e.Value) != "old" || !right && !errors.Is(err, cache.ErrMiss) {
			t.Errorf("with the right key: %t: %v, %v", right, e, err)
		}
		if asked != cache.IDOf(sealed) {
			t.Errorf("the key %x was asked for, want %x", asked, cache.IDOf(sealed))
		}
	}
}
