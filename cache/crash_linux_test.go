package cache_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper/atomicfile/faulttest"
)

// TestKilledPut kills a process at every system call of a Put: what is kept is the old entry or the new, whole.
func TestKilledPut(t *testing.T) {
	faulttest.Kill(t, faulttest.WritingUnsynced, func(t *testing.T) (*exec.Cmd, func(string)) {
		d := newDir(t)
		mustPut(t, d, testKey, entry("old"))
		return childCommand(t, "put", d.Path), func(when string) {
			e, err := d.Get(t.Context(), testKey)
			if v := string(e.Value); err != nil || v != "old" && v != "new" {
				t.Errorf("%s: Get = %q, %v", when, v, err)
			}
			if left := temporary(t, d.Path); when == "killed at rename 1" && len(left) != 1 {
				t.Errorf("%s: it leaves %v, want a file that was to be the new one", when, left)
			}
			sweptTomorrow(t, d.Path)
		}
	})
}

// sweptTomorrow makes a day pass, and wants nothing left of a killed process.
func sweptTomorrow(t *testing.T, dir string) {
	t.Helper()
	for _, temp := range temporary(t, dir) {
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
	if left := temporary(t, dir); len(left) != 0 {
		t.Errorf("a day later there are still %v", left)
	}
}

func temporary(t *testing.T, dir string) []string {
	t.Helper()
	temps, err := filepath.Glob(filepath.Join(dir, "*.tmp-*"))
	if err != nil {
		t.Fatal(err)
	}
	return temps
}

// TestFailedPut lets every system call of a Put fail: it says so and the old entry is kept, or it does not matter and
// the new one is. Nothing is left behind.
func TestFailedPut(t *testing.T) {
	for _, fault := range []struct {
		call, calls string
		matters     bool // for some of the calls
		errnos      []string
	}{
		{"open", "openat", true, []string{"EIO", "ENOSPC", "EDQUOT", "EROFS", "EMFILE"}},
		{"write", "write", true, []string{"EIO", "ENOSPC", "EDQUOT", "EROFS", "EFBIG"}},
		{"rename", "?rename,?renameat,?renameat2", true, []string{"EIO", "ENOSPC", "EDQUOT", "EROFS", "EXDEV"}},
		{"close", "close", true, []string{"EIO", "EDQUOT"}},
		{"chmod", "fchmod", true, []string{"EPERM"}},
		{"stat", "newfstatat", true, []string{"EIO"}},
		{"list", "getdents64", false, []string{"EIO"}},
	} {
		for _, errno := range faulttest.Some(fault.errnos, 2) {
			t.Run(fault.call+" "+errno, func(t *testing.T) {
				t.Parallel()
				failed := failedPuts(t, fault.calls, errno)
				if fault.matters != (failed > 0) {
					t.Errorf("a Put failed %d times", failed)
				}
			})
		}
	}
}

// TestPutWaitsForNoDisk: what a power cut leaves of an entry does not open (TestEveryLengthCounts, TestTampered), and is made
// again, so nobody waits for a disk to have it.
func TestPutWaitsForNoDisk(t *testing.T) {
	r := faulttest.Run(t, childCommand(t, "put", filepath.Join(t.TempDir(), "new")), "fsync,fdatasync,sync_file_range,syncfs", "error=EIO")
	if r.Code != 0 || len(r.Injected) != 0 {
		t.Errorf("it ends with %d, and waits: %q", r.Code, r.Injected)
	}
}

// failedPuts has each call fail in its turn, and counts the Puts that failed for it.
func failedPuts(t *testing.T, calls, errno string) (failed int) {
	t.Helper()
	d := newDir(t)
	for n := 1; ; n++ {
		mustPut(t, d, testKey, entry("old"))
		r := faulttest.Run(t, childCommand(t, "put", d.Path), calls, fmt.Sprint("error=", errno, ":when=", n))
		if len(r.Injected) == 0 {
			return failed
		}
		want := "new"
		if r.Code != 0 {
			failed++
			want = "old"
		}
		wantValue(t, d, testKey, want)
		if left := temporary(t, d.Path); len(left) != 0 {
			t.Errorf("%d calls later it leaves %v", n, left)
		}
	}
}

// TestInterruptedPut: a signal that comes while a call waits is no fault.
func TestInterruptedPut(t *testing.T) {
	for _, call := range []string{"openat", "write", "close"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			d := newDir(t)
			for n := 1; ; n++ {
				mustPut(t, d, testKey, entry("old"))
				r := faulttest.Run(t, childCommand(t, "put", d.Path), call, fmt.Sprint("error=EINTR:when=", n))
				if len(r.Injected) == 0 {
					return
				}
				if strings.Contains(strings.Join(r.Injected, " "), ".so") {
					continue // the C library's loader, which a program with the race detector has, and which knows of no such signals
				}
				if r.Code != 0 {
					t.Errorf("interrupted at %d: %s%s", n, r.Stdout, r.Injected)
				}
				wantValue(t, d, testKey, "new")
			}
		})
	}
}

// TestFailedGet lets the system calls of a Get fail: it is a miss; or they are interrupted: it is a hit all the same.
func TestFailedGet(t *testing.T) {
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
		t.Run(fault.call+" "+fault.errno, func(t *testing.T) {
			t.Parallel()
			d := newDir(t)
			mustPut(t, d, testKey, entry("old"))
			missed := false
			for n := 1; ; n++ {
				r := faulttest.Run(t, childCommand(t, "get", d.Path), fault.call, fmt.Sprint("error=", fault.errno, ":when=", n),
					"-P", filepath.Join(d.Path, testKey.Name()))
				if len(r.Injected) == 0 {
					break
				}
				missed = missed || r.Code == missCode
				if r.Code != 0 && r.Code != missCode {
					t.Errorf("at %d: Get ended with %d, want a hit or a miss", n, r.Code)
				}
			}
			if missed != fault.misses {
				t.Errorf("missed = %v, want %v", missed, fault.misses)
			}
		})
	}
}

// childCommand is one of TestMain's processes, which puts the value "new", or gets "old".
func childCommand(t *testing.T, mode, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, dir, "new")
	cmd.Env = append(os.Environ(), childMode+"="+mode, "GORACE=atexit_sleep_ms=0")
	return cmd
}
