package cache_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/cache"
)

// golden is an entry as the first program with this format wrote it: testKey, value "golden", the times of entry. It may never cease to
// open as long as the format is "CMS2".
const golden = "434d53323eb1bd439947eb7600000000f486651085e14981a23d34c4295ea6b295e5337de54db3fe3e8c14dcb7d1f19b" +
	"fed8228c2f634ade7681b618b640c3b5f44e49838f212257f515edcf440c5b7efc77ada74382ace50f97a671feab0695" +
	"4be4548f11fb"

func goldenFile(t testing.TB) []byte {
	t.Helper()
	data, err := hex.DecodeString(golden)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// plant puts a file in the place of testKey's entry.
func plant(t testing.TB, d cache.Dir, data []byte) {
	t.Helper()
	if err := os.MkdirAll(d.Path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.Path, testKey.Name()), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantMiss(t *testing.T, d cache.Dir, what, why string) {
	t.Helper()
	e, err := d.Get(t.Context(), testKey)
	if !errors.Is(err, cache.ErrMiss) || e.Value != nil {
		t.Errorf("%s: Get = %v, %v, want a miss", what, e, err)
		return
	}
	if !strings.Contains(err.Error(), why) {
		t.Errorf("%s: Get = %v, want words on %q", what, err, why)
	}
	if why != "" && errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: Get = %v, which looks as if nothing were kept", what, err)
	}
}

func TestGoldenOpens(t *testing.T) {
	d := newDir(t)
	plant(t, d, goldenFile(t))
	want := entry("golden")
	got, err := d.Get(t.Context(), testKey)
	if err != nil || string(got.Value) != "golden" || got.Stored != want.Stored || got.Expires != want.Expires {
		t.Errorf("Get = %q, %v, %v, want %q, %v", got.Value, got, err, want.Value, want)
	}
}

// parts are those of goldenFile, as seal draws them: where each ends.
var parts = []struct {
	name string
	end  int
}{{"magic", 4}, {"key id", 12}, {"expiry", 20}, {"nonce", 32}, {"ciphertext", 86}, {"tag", 102}}

func TestEveryBitCounts(t *testing.T) {
	at := 0
	for _, part := range parts {
		t.Run(part.name, func(t *testing.T) {
			d, file := newDir(t), goldenFile(t)
			for ; at < part.end; at++ {
				for bit := range 8 {
					file[at] ^= 1 << bit
					plant(t, d, file)
					if e, err := d.Get(t.Context(), testKey); !errors.Is(err, cache.ErrMiss) || e.Value != nil {
						t.Errorf("byte %d, bit %d flipped: Get = %v, %v, want a miss", at, bit, e, err)
					}
					file[at] ^= 1 << bit
				}
			}
		})
	}
	if at != len(goldenFile(t)) {
		t.Errorf("the last part ends at %d of %d", at, len(goldenFile(t)))
	}
}

func TestEveryLengthCounts(t *testing.T) {
	n := 0
	for _, part := range parts {
		t.Run(part.name, func(t *testing.T) {
			d, file := newDir(t), goldenFile(t)
			for ; n < part.end; n++ {
				plant(t, d, file[:n])
				wantMiss(t, d, "truncated", "it ")
			}
		})
	}
	t.Run("longer", func(t *testing.T) {
		d := newDir(t)
		plant(t, d, append(goldenFile(t), 0))
		wantMiss(t, d, "a byte longer", "changed")
	})
}

func TestTampered(t *testing.T) {
	edit := func(at int, with string) []byte {
		file := goldenFile(t)
		copy(file[at:], with)
		return file
	}
	for _, c := range []struct {
		what string
		file []byte
		why  string
	}{
		{"later version", edit(0, "CMS3"), "newer version"},
		{"earlier version", edit(0, "CMS1"), "older version"},
		{"other magic", edit(0, "ELF!"), "not an entry"},
		{"other key id", edit(4, "12345678"), "another key"},
		{"later expiry", edit(12, "\x00\x00\x00\x0f\xff\xff\xff\xff"), "changed"},
		{"latest expiry", edit(12, "\x7f\xff\xff\xff\xff\xff\xff\xff"), ""},
		{"negative expiry", edit(12, "\xff"), ""},
		{"no seal", goldenFile(t)[:44], "truncated"},
		{"plain text", []byte(`{"Version":1,"AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"x","SessionToken":""}`), "not an entry"},
		{"zeros", make([]byte, 500), "not an entry"},
		{"twice", bytes.Repeat(goldenFile(t), 2), "changed"},
		{"another user's", othersFile(t, testKey), "another key"},
		{"another key's", fileOf(t, newDir(t), cache.Key{4, 5, 6}), "belongs to another key"},
	} {
		t.Run(c.what, func(t *testing.T) {
			d := newDir(t)
			plant(t, d, c.file)
			wantMiss(t, d, c.what, c.why)
			mustPut(t, d, testKey, entry("new"))
			wantValue(t, d, testKey, "new")
		})
	}
}

// othersFile is a whole entry that another user's sealing key has sealed.
func othersFile(t *testing.T, key cache.Key) []byte {
	t.Helper()
	d := newDir(t)
	d.SealingKey = func(context.Context, bool) ([]byte, error) { return bytes.Repeat([]byte("k"), cache.KeySize), nil }
	return fileOf(t, d, key)
}

func fileOf(t *testing.T, d cache.Dir, key cache.Key) []byte {
	t.Helper()
	mustPut(t, d, key, entry("x"))
	data, err := os.ReadFile(filepath.Join(d.Path, key.Name()))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestSwapped(t *testing.T) {
	d, other := newDir(t), cache.Key{4, 5, 6}
	mustPut(t, d, testKey, entry("development"))
	mustPut(t, d, other, entry("production"))
	a, b := filepath.Join(d.Path, testKey.Name()), filepath.Join(d.Path, other.Name())
	if err := errors.Join(os.Rename(a, a+"x"), os.Rename(b, a), os.Rename(a+"x", b)); err != nil {
		t.Fatal(err)
	}
	wantMiss(t, d, "swapped", "belongs to another key")
}

func TestFileTimesDoNotCount(t *testing.T) {
	d := newDir(t)
	mustPut(t, d, testKey, entry("x"))
	for _, at := range []time.Time{testNow().AddDate(100, 0, 0), time.Unix(0, 0)} {
		if err := os.Chtimes(filepath.Join(d.Path, testKey.Name()), at, at); err != nil {
			t.Fatal(err)
		}
		wantValue(t, d, testKey, "x")
	}
}

func TestDirectoryInPlace(t *testing.T) {
	d := newDir(t)
	if err := os.MkdirAll(filepath.Join(d.Path, testKey.Name(), "child"), 0o700); err != nil {
		t.Fatal(err)
	}
	wantMiss(t, d, "directory", "not a regular file")
	if err := d.Put(t.Context(), testKey, entry("x")); err == nil {
		t.Error("Put over a directory succeeded")
	}
}
