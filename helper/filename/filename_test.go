package filename_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"credmint/helper/filename"
	"credmint/helper/platformtest"
)

// The rules are the platform's own.
func TestLikeFilepath(t *testing.T) {
	for _, name := range []string{"", "/", ".", "..", "a", "a/b", "/a/b/", "a//b", "a/../b", "/a/./b", `C:\a\b`, `\\host\a`} {
		if got, want := filename.Dir(name), filepath.Dir(name); got != want {
			t.Errorf("Dir(%q) = %q, want %q", name, got, want)
		}
		if got, want := filename.Base(name), filepath.Base(name); got != want {
			t.Errorf("Base(%q) = %q, want %q", name, got, want)
		}
		if got, want := filename.ToSlash(name), filepath.ToSlash(name); got != want {
			t.Errorf("ToSlash(%q) = %q, want %q", name, got, want)
		}
		if got, want := filename.IsAbs(name), filepath.IsAbs(name); got != want {
			t.Errorf("IsAbs(%q) = %v, want %v", name, got, want)
		}
		if got, want := filename.Join("x", name, "y"), filepath.Join("x", name, "y"); got != want {
			t.Errorf("Join(x, %q, y) = %q, want %q", name, got, want)
		}
	}
}

func TestResolve(t *testing.T) {
	dir := t.TempDir()
	real := filepath.Join(dir, "dots", "config")
	for _, d := range []string{"dots", "home", "elsewhere"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(real, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{
		"absolute": real, "relative": "dots/config", "chain": "absolute", "home/up": "../dots/config",
		"folder": "home", "home/loop": "loop", "nowhere": "none",
		"elsewhere/through": "../folder/../dots/config", // through a folder that is a link
	} {
		platformtest.Symlink(t, to, filepath.Join(dir, filepath.FromSlash(name)))
	}
	want, err := os.Stat(real)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"absolute", "relative", "chain", "home/up", "folder/up", "elsewhere/through", "dots/config"} {
		got, err := filename.Resolve(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if info, err := os.Lstat(got); err != nil || !os.SameFile(info, want) {
			t.Errorf("%s leads to %s (%v)", name, got, err)
		}
	}
	if _, err := filename.Resolve(filepath.Join(dir, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link to nowhere: %v", err)
	}
	if got, err := filename.Resolve(filepath.Join(dir, "home", "loop")); err == nil {
		t.Errorf("a link to itself leads to %s", got)
	}
}
