//go:build unix

package cache_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"credmint/cache"
)

// TestNotAPlainFile plants what is no file of ours where an entry should be: the answer is a miss, and soon.
func TestNotAPlainFile(t *testing.T) {
	for _, c := range []struct {
		what  string
		why   string
		plant func(path, good string) error
	}{
		{"FIFO", "not a regular file", func(path, _ string) error { return unix.Mkfifo(path, 0o600) }},
		{"link to an entry", "symbolic link", func(path, good string) error { return os.Symlink(good, path) }},
		{"link to a device", "symbolic link", func(path, _ string) error { return os.Symlink("/dev/zero", path) }},
		{"link to itself", "symbolic link", func(path, _ string) error { return os.Symlink(path, path) }},
		{"writable by the group", "others can write", func(path, good string) error {
			return chain(os.Rename(good, path), func() error { return os.Chmod(path, 0o620) })
		}},
		{"another user's", "another user", func(path, good string) error {
			return chain(os.Rename(good, path), func() error { return os.Chown(path, 12345, -1) })
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			d := newDir(t)
			good := filepath.Join(t.TempDir(), "good")
			path := filepath.Join(d.Path, testKey.Name())
			plant(t, d, goldenFile(t))
			if err := os.Rename(path, good); err != nil {
				t.Fatal(err)
			}
			if err := c.plant(path, good); os.IsPermission(err) {
				t.Skip("only root can make one")
			} else if err != nil {
				t.Fatal(err)
			}
			within(t, 5*time.Second, func() { wantMiss(t, d, c.what, c.why) })
			mustPut(t, d, testKey, entry("new"))
			wantValue(t, d, testKey, "new")
		})
	}
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
