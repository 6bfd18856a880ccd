package cache_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The system calls of a Put, each of which is made to fail, or to be the last. Of names with a question mark not every
// architecture has all.
var putCalls = []string{"newfstatat", "openat", "write", "fchmod", "fsync", "close", "?rename,?renameat,?renameat2"}

// TestKilledPut kills a process at every system call of a Put: what is kept is the old entry or the new, whole.
func TestKilledPut(t *testing.T) {
	d := newDir(t)
	for _, call := range putCalls {
		kills := 0
		for ; ; kills++ {
			mustPut(t, d, testKey, entry("old"))
			code, _ := trace(t, "put", d.Path, call, fmt.Sprint("signal=KILL:when=", kills+1))
			if code == 0 {
				break
			}
			e, err := d.Get(t.Context(), testKey)
			if v := string(e.Value); err != nil || v != "old" && v != "new" {
				t.Errorf("killed at %s %d: Get = %q, %v", call, kills+1, v, err)
			}
		}
		wantValue(t, d, testKey, "new")
		if kills == 0 || call == "fsync" && kills < 2 { // the file, and then the directory
			t.Errorf("Put makes %d calls to %s", kills, call)
		}
	}
	sweptTomorrow(t, d.Path)
}

// sweptTomorrow makes a day pass, and wants nothing left of the killed processes.
func sweptTomorrow(t *testing.T, dir string) {
	t.Helper()
	temps, err := filepath.Glob(filepath.Join(dir, "*.tmp-*"))
	if err != nil || len(temps) == 0 {
		t.Fatalf("the killed processes left %v, %v: were they killed?", temps, err)
	}
	for _, temp := range temps {
		info, err := os.Stat(temp)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v, want mode 0600", temp, info.Mode(), err)
		}
		if err := os.Chtimes(temp, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	d := testDir(dir)
	d.Now = func() time.Time { return testNow().Add(25 * time.Hour) }
	e := entry("tomorrow")
	e.Expires = e.Expires.AddDate(0, 0, 2)
	mustPut(t, d, testKey, e)
	if temps, err = filepath.Glob(filepath.Join(dir, "*.tmp-*")); err != nil || len(temps) != 0 {
		t.Errorf("a day later there are still %v, %v", temps, err)
	}
}

// TestFailedPut lets every system call of a Put fail: it says so and the old entry is kept, or it does not matter and
// the new one is.
func TestFailedPut(t *testing.T) {
	d := newDir(t)
	for _, fault := range []struct{ call, errno string }{
		{"newfstatat", "EIO"},
		{"openat", "ENOSPC"},
		{"openat", "EROFS"},
		{"write", "ENOSPC"},
		{"write", "EDQUOT"},
		{"fchmod", "EPERM"},
		{"fsync", "EIO"},
		{"close", "EIO"},
		{"?rename,?renameat,?renameat2", "EIO"},
	} {
		failed := 0
		for n := 1; ; n++ {
			mustPut(t, d, testKey, entry("old"))
			code, injected := trace(t, "put", d.Path, fault.call, fmt.Sprint("error=", fault.errno, ":when=", n))
			if !injected {
				break
			}
			want := "new"
			if code != 0 {
				failed++
				want = "old"
			}
			wantValue(t, d, testKey, want)
			if temps, _ := filepath.Glob(filepath.Join(d.Path, "*.tmp-*")); len(temps) != 0 {
				t.Errorf("%v at %d leaves %v", fault, n, temps)
			}
		}
		if failed == 0 {
			t.Errorf("%v never made a Put fail", fault)
		}
	}
}

// TestFailedGet lets the system calls of a Get fail: it is a miss; or they are interrupted: it is a hit all the same.
func TestFailedGet(t *testing.T) {
	d := newDir(t)
	mustPut(t, d, testKey, entry("old"))
	for _, fault := range []struct {
		call, errno string
		misses      bool
	}{
		{"openat", "EINTR", false},
		{"read", "EINTR", false},
		{"openat", "EACCES", true},
		{"fstat", "EIO", true},
		{"read", "EIO", true},
	} {
		missed := false
		for n := 1; ; n++ {
			code, injected := trace(t, "get", d.Path, fault.call, fmt.Sprint("error=", fault.errno, ":when=", n))
			if !injected {
				break
			}
			missed = missed || code == missCode
			if code != 0 && code != missCode {
				t.Errorf("%v at %d: Get ended with %d, want a hit or a miss", fault, n, code)
			}
		}
		if missed != fault.misses {
			t.Errorf("%v: missed = %v, want %v", fault, missed, fault.misses)
		}
	}
}

// trace runs one of TestMain's processes with a fault injected into call. It returns how the process ended, and whether
// it came to the fault.
func trace(t *testing.T, mode, dir, call, fault string) (code int, injected bool) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("install the package strace")
		}
		t.Skip("install the package strace to run this test")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "log")
	args := []string{"-f", "-qq", "-o", log, "-e", "trace=" + call, "-e", "inject=" + call + ":" + fault}
	if mode == "get" { // a Put opens a file whose name cannot be foreseen
		args = append(args, "-P", filepath.Join(dir, testKey.Name()))
	}
	cmd := exec.CommandContext(t.Context(), strace, append(args, exe, dir, "new")...)
	cmd.Env = append(os.Environ(), childMode+"="+mode, "GORACE=atexit_sleep_ms=0")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if bytes.Contains(out, []byte("strace:")) {
		t.Fatalf("strace does not work here: %s", out)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), bytes.Contains(text, []byte("(INJECTED)"))
}
