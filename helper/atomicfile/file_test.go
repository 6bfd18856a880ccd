package atomicfile_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper/atomicfile"
	"credmint/helper/platformtest"
)

func TestWriteThenRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, want := range []string{"first", "", "a longer second one\n", "3"} {
		if err := atomicfile.Write(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := atomicfile.Read(path, 100)
		if err != nil || string(got) != want {
			t.Errorf("Read = %q, %v, want %q", got, err, want)
		}
	}
	wantNames(t, filepath.Dir(path), "f")
}

func TestWriteFailureKeepsOld(t *testing.T) {
	dir := t.TempDir()
	occupied := filepath.Join(dir, "occupied") // a directory: the rename fails after the whole file was written
	if err := os.MkdirAll(filepath.Join(occupied, "child"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(occupied, []byte("x"), 0o600); err == nil {
		t.Error("Write over a directory succeeded")
	}
	wantNames(t, dir, "occupied")
	if err := atomicfile.Write(filepath.Join(dir, "absent", "f"), []byte("x"), 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Write into a missing directory = %v, want fs.ErrNotExist", err)
	}
}

func TestReadLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := atomicfile.Write(path, bytes.Repeat([]byte("x"), 10), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := atomicfile.Read(path, 10); err != nil {
		t.Errorf("Read of 10 bytes, limit 10 = %v", err)
	}
	wantRefusal(t, path, 9, atomicfile.TooLarge)

	if err := os.Truncate(path, 1<<30); err != nil { // sparse: reading it would show in the test's memory and time
		t.Fatal(err)
	}
	wantRefusal(t, path, 1<<20, atomicfile.TooLarge)
}

func TestReadMissing(t *testing.T) {
	_, err := atomicfile.Read(filepath.Join(t.TempDir(), "absent"), 10)
	var r atomicfile.Refusal
	if !errors.Is(err, fs.ErrNotExist) || errors.As(err, &r) {
		t.Errorf("Read = %v, want fs.ErrNotExist", err)
	}
}

func TestReadDirectory(t *testing.T) { wantRefusal(t, t.TempDir(), 1<<20, atomicfile.NotRegular) }

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-2 * time.Hour)
	random := strings.Repeat("AZ27", 7)
	touch := func(name string, at time.Time) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	touch("f.tmp-"+random, old)
	touch("young.tmp-"+random, time.Now())
	touch("f", old)
	touch(".tmp-"+random, old)
	touch("f.tmp-", old)
	touch("f.tmp-old", old)
	touch("g.tmp-OLD", old) // another letter in front, since to some file systems case makes no difference
	touch("g.tmp-"+strings.ToLower(random), old)
	touch("f.tmp-"+random+".bak", old)
	if err := os.Mkdir(filepath.Join(dir, "d.tmp-"+random), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, "d.tmp-"+random), old, old); err != nil {
		t.Fatal(err)
	}

	if err := atomicfile.Write(filepath.Join(dir, "new"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantNames(t, dir, "new", "young.tmp-"+random, "f", ".tmp-"+random, "f.tmp-", "f.tmp-old", "g.tmp-OLD",
		"g.tmp-"+strings.ToLower(random), "f.tmp-"+random+".bak", "d.tmp-"+random)
	touch("f.tmp-"+random, old)
	atomicfile.Sweep(dir)
	if _, err := os.Lstat(filepath.Join(dir, "f.tmp-"+random)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Sweep leaves a temporary file: %v", err)
	}
	atomicfile.Sweep(filepath.Join(dir, "absent"))
}

func TestMkdirPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "parent", "dir")
	for range 2 { // it makes it, then accepts its own
		if err := atomicfile.MkdirPrivate(dir); err != nil {
			t.Fatal(err)
		}
	}
	if platformtest.KeepsModes {
		for _, d := range []string{dir, filepath.Dir(dir)} {
			if info, err := os.Stat(d); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("Stat(%s) = %v, %v, want mode 0700", d, info, err)
			}
		}
	}
	file := filepath.Join(dir, "f")
	if err := atomicfile.Write(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.MkdirPrivate(file); err == nil {
		t.Error("MkdirPrivate over a file succeeded")
	}
}

func wantRefusal(t *testing.T, path string, limit int64, want atomicfile.Refusal) {
	t.Helper()
	data, err := atomicfile.Read(path, limit)
	if !errors.Is(err, want) || data != nil {
		t.Errorf("Read(%s) = %d bytes, %v, want refusal %q", filepath.Base(path), len(data), err, want)
	}
	if err != nil && !strings.Contains(err.Error(), path) {
		t.Errorf("Read error %q does not name the path", err)
	}
}

func wantNames(t *testing.T, dir string, names ...string) {
	t.Helper()
	want := make(map[string]bool)
	for _, n := range names {
		want[n] = true
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !want[e.Name()] {
			t.Errorf("%s is left behind", e.Name())
		}
		delete(want, e.Name())
	}
	for n := range want {
		t.Errorf("%s is gone", n)
	}
}
