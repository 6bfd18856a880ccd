package keychain_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"credmint/helper/atomicfile/faulttest"
	"credmint/keychain"
	"credmint/keychain/keychaintest"
)

// init keeps setChild's process on its first thread, so that a tracer counts all its system calls: each thread has a count of its
// own, and main would begin on any of them.
func init() {
	if os.Getenv("KEYCHAIN_TEST_SET") != "" {
		runtime.LockOSThread()
	}
}

// setChild replaces the secret "aws/me" and its index entry.
func setChild(dir string) {
	if err := store(context.Background(), open(dir, "file", env(nil)), "new"); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func store(ctx context.Context, k *keychain.Keychain, value string) error {
	return k.Set(ctx, "aws/me", []byte(value), map[string]string{"access_key_id": value})
}

// kept is a keychain of files that has a secret, and a process that is about to replace it.
func kept(t *testing.T) (dir string, cmd *exec.Cmd) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "credmint")
	if err := keychaintest.OpenCheaply(dir, "passphrase"); err != nil {
		t.Fatal(err)
	}
	if err := store(t.Context(), open(dir, "file", env(nil)), "old"); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(exe)
	cmd.Env = append(os.Environ(), "KEYCHAIN_TEST_SET="+dir, "GORACE=atexit_sleep_ms=0")
	return dir, cmd
}

// wantOldOrNew wants both the secret and its name in the index to be there. The name is written last.
func wantOldOrNew(t *testing.T, dir, when string) (secret string) {
	t.Helper()
	k := open(dir, "", env(nil))
	value, err := k.Get(t.Context(), "aws/me")
	if err != nil || string(value) != "old" && string(value) != "new" {
		t.Errorf("%s: Get = %q, %v", when, value, err)
	}
	about, err := k.About("aws/me")
	if id := about["access_key_id"]; err != nil || id != "old" && id != string(value) {
		t.Errorf("%s: the secret is %q, and About = %v, %v", when, value, about, err)
	}
	if list, err := k.List(""); err != nil || len(list) != 1 {
		t.Errorf("%s: List = %v, %v, want one name", when, list, err)
	}
	return string(value)
}

// TestKilledSet kills a process at every system call with which it replaces a secret and its index entry: there is the old
// or the new, never neither, and what is half written goes with a later write.
func TestKilledSet(t *testing.T) {
	faulttest.Kill(t, faulttest.Some(faulttest.Writing, 2), func(t *testing.T) (*exec.Cmd, func(string)) {
		dir, cmd := kept(t)
		return cmd, func(when string) {
			wantOldOrNew(t, dir, when)
			if left := temporary(t, dir, when); when == "killed at fsync 1" && len(left) != 1 {
				t.Errorf("%s: it leaves %v, want a file that was to be the new one", when, left)
			}
			if err := store(t.Context(), open(dir, "", env(nil)), "later"); err != nil {
				t.Errorf("%s: Set = %v", when, err)
			}
			if left := temporary(t, dir, when); len(left) != 0 {
				t.Errorf("%s: a write later there are still %v", when, left)
			}
		}
	})
}

// temporary is what lies half written in a data directory, and makes it two hours old.
func temporary(t *testing.T, dir, when string) (found []string) {
	t.Helper()
	for _, pattern := range []string{"*.tmp-*", "*/*.tmp-*"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			info, err := os.Stat(path)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %s has mode %v, %v, want 0600", when, path, info.Mode(), err)
			}
			if err := os.Chtimes(path, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		found = append(found, paths...)
	}
	return found
}

// TestFailedSet has each call fail in its turn: Set says so, and both are there as before or as they were to be.
func TestFailedSet(t *testing.T) {
	for _, fault := range faulttest.Some([]struct{ call, calls, errno string }{
		{"fsync", "fsync", "EIO"},
		{"lock", "flock", "ENOLCK"},
		{"write", "write", "ENOSPC"},
		{"rename", "?rename,?renameat,?renameat2", "EROFS"},
		{"open", "openat", "EDQUOT"},
	}, 2) {
		t.Run(fault.call+" "+fault.errno, func(t *testing.T) {
			t.Parallel()
			failed := 0
			for n := 1; ; n++ {
				dir, cmd := kept(t)
				r := faulttest.Run(t, cmd, fault.calls, fmt.Sprint("error=", fault.errno, ":when=", n))
				if len(r.Injected) == 0 {
					break
				}
				secret := wantOldOrNew(t, dir, r.Injected[0])
				if r.Code == 0 && secret != "new" {
					t.Errorf("%s: Set succeeded, and the secret is %q", r.Injected, secret)
				}
				if r.Code != 0 {
					failed++
				}
				if left := temporary(t, dir, r.Injected[0]); len(left) != 0 {
					t.Errorf("%s: it leaves %v", r.Injected, left)
				}
			}
			if failed == 0 {
				t.Error("no Set failed")
			}
		})
	}
}
