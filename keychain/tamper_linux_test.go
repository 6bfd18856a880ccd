package keychain_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper/atomicfile/faulttest"
	"credmint/keychain"
	"credmint/keychain/keychaintest"
)

// tampered is a keychain of files with two secrets, and where the parts of the first are.
type tampered struct {
	t                    *testing.T
	dir                  string
	sealed, index, other string
}

func newTampered(t *testing.T) *tampered {
	t.Helper()
	x := &tampered{t: t, dir: filepath.Join(t.TempDir(), "credmint")}
	if err := keychaintest.OpenCheaply(x.dir, "passphrase"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"me", "other"} {
		if err := x.open().Set(t.Context(), name, []byte("secret of "+name), map[string]string{"access_key_id": name}); err != nil {
			t.Fatal(err)
		}
	}
	x.sealed, x.index = filepath.Join(x.dir, "secrets", "me.sealed"), filepath.Join(x.dir, "index", "me")
	x.other = filepath.Join(x.dir, "secrets", "other.sealed")
	return x
}

func (x *tampered) open() *keychain.Keychain { return open(x.dir, "file", env(nil)) }

// wantRefused wants no secret, an error that is no clean not-found, and soon.
func (x *tampered) wantRefused(k *keychain.Keychain, what, why string) {
	x.t.Helper()
	start := time.Now()
	got, err := k.Get(x.t.Context(), "me")
	if err == nil || got != nil || errors.Is(err, keychain.ErrNotFound) || !strings.Contains(err.Error(), why) {
		x.t.Errorf("%s: Get = %q, %v, want words on %q", what, got, err, why)
	}
	if took := time.Since(start); took > 30*time.Second {
		x.t.Errorf("%s: it took %s", what, took)
	}
}

// TestFileStoreTampering: whatever is done to the file of a secret, it gives what was put in, or says that it is damaged.
func TestFileStoreTampering(t *testing.T) {
	x := newTampered(t)
	sealed, other := mustRead(t, x.sealed), mustRead(t, x.other)
	edited := func(at int, with string) []byte { return overwritten(sealed, at, with) }
	flips := func(from, to int) (files [][]byte) {
		for at := from; at < to; at++ {
			for bit := range 8 {
				files = append(files, edited(at, string([]byte{sealed[at] ^ 1<<bit})))
			}
		}
		return files
	}
	var cut [][]byte
	for n := range sealed {
		cut = append(cut, sealed[:n])
	}
	tag := len(sealed) - 16
	for what, files := range map[string][][]byte{
		"bits of the magic":      flips(0, 4),
		"bits of the nonce":      flips(4, 28),
		"bits of the ciphertext": flips(28, tag),
		"bits of the tag":        flips(tag, len(sealed)),
		"every length":           cut,
		"longer":                 {append(bytes.Clone(sealed), 0)},
		"another secret's":       {other},
		"newer version":          {edited(0, "CMF2")},
		"plain text":             {[]byte("cm1:aHVudGVyMg==")},
	} {
		t.Run(what, func(t *testing.T) {
			x.t = t
			k := x.open() // derives the key once
			for _, file := range files {
				mustWrite(t, x.sealed, file)
				x.wantRefused(k, what, keychain.ErrCorrupt.Error())
			}
			mustWrite(t, x.sealed, sealed)
			if got, err := k.Get(t.Context(), "me"); err != nil || string(got) != "secret of me" {
				t.Errorf("put back: Get = %q, %v", got, err)
			}
		})
	}
}

// TestFileStoreIsNoFile plants what is no file of ours in a secret's place, and in the master key's.
func TestFileStoreIsNoFile(t *testing.T) {
	for _, place := range []string{"me.sealed", "master"} {
		t.Run(place, func(t *testing.T) {
			faulttest.Odd(t, func(t *testing.T) (string, func(string)) {
				x := newTampered(t)
				return filepath.Join(x.dir, "secrets", place), func(why string) { x.wantRefused(x.open(), place, why) }
			})
		})
	}
}

// TestIndexTampering: the index is no secret and vouches for none. Whatever is done to an entry, the secret is what it was, and
// an entry that cannot be read is an error that names its file, and not one that is missing.
func TestIndexTampering(t *testing.T) {
	x := newTampered(t)
	entry := mustRead(t, x.index)
	var flips, cut [][]byte
	for at := range entry {
		for bit := range 8 {
			flips = append(flips, overwritten(entry, at, string([]byte{entry[at] ^ 1<<bit})))
		}
		cut = append(cut, entry[:at])
	}
	for what, c := range map[string]struct {
		files [][]byte
		fails bool
	}{
		"every bit":       {files: flips},
		"every length":    {files: cut},
		"another's":       {[][]byte{mustRead(t, filepath.Join(x.dir, "index", "other"))}, true},
		"a newer version": {[][]byte{bytes.Replace(entry, []byte("index 1"), []byte("index 2"), 1)}, true},
		"binary":          {[][]byte{bytes.Repeat([]byte{0xff}, 3000)}, true},
		"too long":        {[][]byte{append(bytes.Clone(entry), bytes.Repeat([]byte("#"), 64<<10)...)}, true},
	} {
		t.Run(what, func(t *testing.T) {
			k := x.open()
			for _, file := range c.files {
				mustWrite(t, x.index, file)
				about, err := k.About("me")
				if c.fails && err == nil || errors.Is(err, keychain.ErrNotFound) {
					t.Errorf("About = %v, %v of %q", about, err, file)
				}
				if err != nil && !strings.Contains(err.Error(), x.index) {
					t.Errorf("%v does not name %s", err, x.index)
				}
				got, err := k.Get(t.Context(), "me")
				if err == nil && string(got) != "secret of me" || errors.Is(err, keychain.ErrNotFound) {
					t.Errorf("Get = %q, %v of %q", got, err, file)
				}
			}
			if err := k.Set(t.Context(), "me", []byte("secret of me"), map[string]string{"access_key_id": "me"}); err != nil {
				t.Fatal(err)
			}
			if about, err := k.About("me"); err != nil || about["access_key_id"] != "me" {
				t.Errorf("stored again: About = %v, %v", about, err)
			}
		})
	}
}

// TestIndexIsNoFile plants what is no file of ours in an entry's place: it is refused soon, and the secret is still there.
func TestIndexIsNoFile(t *testing.T) {
	faulttest.Odd(t, func(t *testing.T) (string, func(string)) {
		x := newTampered(t)
		return x.index, func(why string) {
			if about, err := x.open().About("me"); err == nil || errors.Is(err, keychain.ErrNotFound) || !strings.Contains(err.Error(), why) {
				t.Errorf("About = %v, %v, want words on %q", about, err, why)
			}
			if got, err := x.open().Get(t.Context(), "me"); err != nil || string(got) != "secret of me" {
				t.Errorf("Get = %q, %v", got, err)
			}
		}
	})
}

func overwritten(data []byte, at int, with string) []byte {
	out := bytes.Clone(data)
	copy(out[at:], with)
	return out
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
