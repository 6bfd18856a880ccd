//go:build unix

package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"credmint/helper/atomicfile"
)

func appendX(old []byte) ([]byte, error) { return append(old, 'x'), nil }

// edited runs Edit, and asserts what it reports and that nothing lies beside the file.
func edited(t *testing.T, path string, want bool, change func([]byte) ([]byte, error)) {
	t.Helper()
	changed, err := atomicfile.Edit(path, 100, change)
	if changed != want || err != nil {
		t.Errorf("Edit = %v, %v, want %v", changed, err, want)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.tmp-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func wantFile(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || string(data) != text {
		t.Errorf("%s holds %q, %v, want %q", path, data, err, text)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
		t.Errorf("%s has mode %v, %v, want %v", path, info.Mode(), err, mode)
	}
}

func TestEdit(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sub", "file")
	edited(t, path, false, func(old []byte) ([]byte, error) { return old, nil })
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an edit that changes nothing made a directory: %v", err)
	}
	edited(t, path, true, appendX)
	wantFile(t, path, "x", 0o600)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	edited(t, link, true, appendX)
	wantFile(t, path, "xx", 0o644)
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info, err)
	}
	edited(t, link, true, func([]byte) ([]byte, error) { return nil, nil })
	wantFile(t, path, "", 0o644)
}

// What another program wrote in between is not lost, and one that never stops is given way to.
func TestEditOfABusyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	calls := 0
	meanwhile := func(times int) func([]byte) ([]byte, error) {
		calls = 0
		return func(old []byte) ([]byte, error) {
			if calls++; calls <= times {
				if err := os.WriteFile(path, append(old, 'o'), 0o600); err != nil {
					t.Error(err)
				}
			}
			return append(old, 'x'), nil
		}
	}
	edited(t, path, true, meanwhile(2)) // the first time it was not there
	wantFile(t, path, "oox", 0o600)
	if changed, err := atomicfile.Edit(path, 100, meanwhile(100)); changed || err == nil {
		t.Errorf("Edit = %v, %v", changed, err)
	}
	wantFile(t, path, "oox"+"ooooo", 0o600)
}

func TestEditFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	edited(t, path, true, appendX)
	broken := errors.New("no")
	if _, err := atomicfile.Edit(path, 100, func([]byte) ([]byte, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("error %v, want the one of change", err)
	}
	if _, err := atomicfile.Edit(path, 0, appendX); !errors.Is(err, atomicfile.TooLarge) {
		t.Errorf("error %v, want %v", err, atomicfile.TooLarge)
	}
	nowhere := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), nowhere); err != nil {
		t.Fatal(err)
	}
	if _, err := atomicfile.Edit(nowhere, 100, appendX); err == nil {
		t.Error("a link to nowhere was edited")
	}
	wantFile(t, path, "x", 0o600)
}
