package awsconfig_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"credmint/helper/atomicfile/faulttest"
	"credmint/helper/awsconfig"
)

// init keeps a process that edits a file on its first thread, so that a tracer counts all its system calls: each thread has a count
// of its own, and main would begin on any of them.
func init() {
	if os.Getenv("AWSCONFIG_TEST_EDIT") != "" {
		runtime.LockOSThread()
	}
}

// TestMain lets this test binary be a process that edits a file.
func TestMain(m *testing.M) {
	path := os.Getenv("AWSCONFIG_TEST_EDIT")
	if path == "" {
		os.Exit(m.Run())
	}
	if _, err := awsconfig.SetProcess(path, "prod", command, false); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

const (
	beforeEdit = "# mine\n[profile prod]\nregion = x\n"
	afterEdit  = "# mine\n[profile prod]\n" + written + "\nregion = x\n"
)

// toBeEdited is a config that people keep elsewhere, and link to, and a process that is about to edit it.
func toBeEdited(t *testing.T) (path string, cmd *exec.Cmd) {
	t.Helper()
	dotfiles, link := t.TempDir(), filepath.Join(t.TempDir(), "config")
	path = filepath.Join(dotfiles, "aws-config")
	if err := os.WriteFile(path, []byte(beforeEdit), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(exe)
	cmd.Env = append(os.Environ(), "AWSCONFIG_TEST_EDIT="+link, "GORACE=atexit_sleep_ms=0")
	return path, cmd
}

func wantEditedOrNot(t *testing.T, path, when string) (edited bool) {
	t.Helper()
	text := read(t, path)
	if text != beforeEdit && text != afterEdit {
		t.Errorf("%s: the file holds %q", when, text)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%s: the file has mode %v, %v, want it kept", when, info.Mode(), err)
	}
	return text == afterEdit
}

// TestKilledEdit kills a process at every system call with which it edits a config: there is the old text or the new, and
// what is half written goes with a later edit.
func TestKilledEdit(t *testing.T) {
	faulttest.Kill(t, faulttest.Some(faulttest.Writing, 3), func(t *testing.T) (*exec.Cmd, func(string)) {
		path, cmd := toBeEdited(t)
		return cmd, func(when string) {
			wantEditedOrNot(t, path, when)
			if left := leftOf(t, path); when == "killed at fsync 1" && len(left) != 1 {
				t.Errorf("%s: it leaves %v, want a file that was to be the new one", when, left)
			}
			for _, temp := range leftOf(t, path) {
				if err := os.Chtimes(temp, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := awsconfig.Set(path, "prod", "region", "y"); err != nil {
				t.Errorf("%s: Set = %v", when, err)
			}
			if left := leftOf(t, path); len(left) != 0 {
				t.Errorf("%s: an edit later there are still %v", when, left)
			}
		}
	})
}

func leftOf(t *testing.T, path string) []string {
	t.Helper()
	left, err := filepath.Glob(path + ".tmp-*")
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// TestFailedEdit has each call fail in its turn: the edit says so and the text is as it was, or it is done.
func TestFailedEdit(t *testing.T) {
	for _, fault := range faulttest.Some([]struct{ call, calls, errno string }{
		{"write", "write", "ENOSPC"},
		{"fsync", "fsync", "EIO"},
		{"rename", "?rename,?renameat,?renameat2", "EROFS"},
		{"read", "read", "EIO"},
		{"open", "openat", "EDQUOT"},
	}, 3) {
		t.Run(fault.call+" "+fault.errno, func(t *testing.T) {
			t.Parallel()
			failed := 0
			for n := 1; ; n++ {
				path, cmd := toBeEdited(t)
				r := faulttest.Run(t, cmd, fault.calls, fmt.Sprint("error=", fault.errno, ":when=", n))
				if len(r.Injected) == 0 {
					break
				}
				if edited := wantEditedOrNot(t, path, r.Injected[0]); edited != (r.Code == 0) {
					t.Errorf("%s: it ends with %d, and edited = %v", r.Injected, r.Code, edited)
				}
				if r.Code != 0 {
					failed++
				}
				if left := leftOf(t, path); len(left) != 0 {
					t.Errorf("%s: it leaves %v", r.Injected, left)
				}
			}
			if failed == 0 {
				t.Error("no edit failed")
			}
		})
	}
}
