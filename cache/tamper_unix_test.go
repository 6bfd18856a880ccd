//go:build unix

package cache_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"credmint/cache"
	"credmint/helper/atomicfile/faulttest"
)

// TestNotAPlainFile plants what is no file of ours where an entry should be: the answer is a miss, and soon. A directory stays
// there; anything else is replaced by the next entry.
func TestNotAPlainFile(t *testing.T) {
	faulttest.Odd(t, func(t *testing.T) (string, func(string)) {
		d := newDir(t)
		plant(t, d, goldenFile(t))
		path := filepath.Join(d.Path, testKey.Name())
		return path, func(why string) {
			within(t, 30*time.Second, func() { wantMiss(t, d, "odd", why) })
			if info, err := os.Lstat(path); err == nil && info.IsDir() {
				return
			}
			mustPut(t, d, testKey, entry("new"))
			wantValue(t, d, testKey, "new")
		}
	})
}

// TestHardLinked: a second name of an entry is a copy of it, as backups make them. Under another key it does not open, and
// what is put in its place leaves the other name alone.
func TestHardLinked(t *testing.T) {
	d, other := newDir(t), cache.Key{4, 5, 6}
	mustPut(t, d, other, entry("production"))
	if err := os.Link(filepath.Join(d.Path, other.Name()), filepath.Join(d.Path, testKey.Name())); err != nil {
		t.Fatal(err)
	}
	wantMiss(t, d, "linked", "belongs to another key")
	mustPut(t, d, testKey, entry("development"))
	wantValue(t, d, testKey, "development")
	wantValue(t, d, other, "production")
}

// TestUnusableDirectory is promise 4: whatever the directory is, everything returns, and nothing succeeds by accident.
func TestUnusableDirectory(t *testing.T) {
	for what, spoil := range map[string]func(path string) error{
		"file":         func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"link":         func(path string) error { return os.Symlink(os.TempDir(), path) },
		"below a file": func(path string) error { return os.WriteFile(filepath.Dir(path), nil, 0o600) },
		"writable by all": func(path string) error {
			return chain(os.Mkdir(path, 0o700), func() error { return os.Chmod(path, 0o777) })
		},
		"another user's": func(path string) error {
			return chain(os.Mkdir(path, 0o700), func() error { return os.Chown(path, 12345, -1) })
		},
		"locks is a file": func(path string) error {
			return chain(os.Mkdir(path, 0o700), func() error { return os.WriteFile(filepath.Join(path, "locks"), nil, 0o600) })
		},
		"lock is directory": func(path string) error {
			return os.MkdirAll(filepath.Join(path, "locks", testKey.Name()+".lock"), 0o700)
		},
	} {
		t.Run(what, func(t *testing.T) {
			d := testDir(filepath.Join(t.TempDir(), "parent", "cache"))
			if what != "below a file" {
				if err := os.Mkdir(filepath.Dir(d.Path), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if err := spoil(d.Path); os.IsPermission(err) {
				t.Skip("only root can make one")
			} else if err != nil {
				t.Fatal(err)
			}
			wantMiss(t, d, what, "")
			if _, lock, err := d.Acquire(t.Context(), testKey, anything); !errors.Is(err, cache.ErrNoLock) || lock != nil {
				t.Errorf("Acquire = %v, %v, want ErrNoLock", lock, err)
			}
			if d.Claim(testKey, time.Minute) {
				t.Error("Claim = true without a lock")
			}
			if what == "locks is a file" || what == "lock is directory" {
				mustPut(t, d, testKey, entry("x"))
				return
			}
			if err := d.Put(t.Context(), testKey, entry("x")); err == nil {
				t.Error("Put succeeded")
			}
		})
	}
}

func within(t *testing.T, limit time.Duration, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatalf("not done after %v", limit)
	}
}

func chain(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}
