// Package platformtest tells tests what a platform does in its own way, so that one test holds on all of them.
package platformtest

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"testing"
)

// Need is where a program is. Where it is missing the test is skipped, or fails if CI is "true".
func Need(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("install the package %s", program)
	}
	t.Skipf("install the package %s to run this test", program)
	return ""
}

// NoFile is what the platform says of a file that is not there, as errors end with it.
func NoFile(t testing.TB, path string) string {
	t.Helper()
	_, err := os.Stat(path)
	var reason *fs.PathError
	if !errors.As(err, &reason) || !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s: %v, want it not to be there", path, err)
	}
	return reason.Err.Error()
}

// Symlink makes a symbolic link, and skips the test where its user may make none: Windows asks for a right of its own.
func Symlink(t testing.TB, to, link string) {
	t.Helper()
	if err := os.Symlink(to, link); err != nil {
		t.Skipf("links cannot be made here: %v", err)
	}
	if _, err := os.Lstat(link); err != nil {
		NotOnWine(t, "it says that it has made a link, and makes none")
		t.Fatal(err)
	}
}

// NotOnWine skips a test where Windows is Wine, for what that does not do as Windows does.
func NotOnWine(t testing.TB, limit string) {
	t.Helper()
	if isWine() {
		t.Skipf("this is Wine: %s", limit)
	}
}
