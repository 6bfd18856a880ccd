package cache_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"credmint/cache"
)

// FuzzEntry changes an entry in every way it can think of. It must not open unless nothing was changed.
func FuzzEntry(f *testing.F) {
	file := goldenFile(f)
	f.Add(file)
	f.Add(file[:len(file)-1])
	f.Add(append([]byte("CMS2"), file[4:]...))
	d := newDir(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		plant(t, d, data)
		e, err := d.Get(t.Context(), testKey)
		switch same := bytes.Equal(data, file); {
		case err == nil && (!same || string(e.Value) != "golden"):
			t.Errorf("Get = %q from %x", e.Value, data)
		case err != nil && (same || !errors.Is(err, cache.ErrMiss) || e.Value != nil):
			t.Errorf("Get = %v, %v from %x, want a miss", e, err, data)
		}
	})
}

// FuzzRoundTrip puts any value under any key and gets it back, and gets nothing under another.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("value"), []byte("key"), int64(1))
	d := newDir(f)
	f.Fuzz(func(t *testing.T, value, seed []byte, life int64) {
		var key cache.Key
		copy(key[:], seed)
		want := entry(string(value))
		want.Expires = testNow().Add(time.Duration(uint64(life)%(1<<62)) + time.Second)
		mustPut(t, d, key, want)
		got, err := d.Get(t.Context(), key)
		if err != nil || !bytes.Equal(got.Value, value) || !got.Expires.Equal(want.Expires.Truncate(time.Second)) {
			t.Errorf("Get = %x, %v, %v, want %x, %v", got.Value, got, err, value, want)
		}
		other := key
		other[31] ^= 1
		if _, err := d.Get(t.Context(), other); !errors.Is(err, cache.ErrMiss) {
			t.Errorf("Get of another key = %v, want a miss", err)
		}
		if _, err := d.Delete(key); err != nil {
			t.Error(err)
		}
	})
}
