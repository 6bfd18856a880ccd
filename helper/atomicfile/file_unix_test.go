//go:build unix

package atomicfile_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"credmint/helper/atomicfile"
)

func TestWriteMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	defer unix.Umask(unix.Umask(0o277))
	for _, perm := range []fs.FileMode{0o600, 0o644, 0o400} {
		if err := atomicfile.Write(path, []byte("x"), perm); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != perm {
			t.Errorf("mode = %v, %v, want %v", info.Mode(), err, perm)
		}
	}
}

func TestWriteReplacesLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(link, []byte("ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(target); err != nil || string(got) != "theirs" {
		t.Errorf("target = %q, %v, want it untouched", got, err)
	}
	if got, err := atomicfile.Read(link, 100); err != nil || string(got) != "ours" {
		t.Errorf("Read = %q, %v, want ours", got, err)
	}
}

func TestReadRefuses(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, mode fs.FileMode) string {
		path := filepath.Join(dir, name)
		if err := atomicfile.Write(path, []byte("x"), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own := file("own", 0o644)
	if _, err := atomicfile.Read(own, 10); err != nil {
		t.Errorf("Read of a file others can read = %v, want success", err)
	}
	wantRefusal(t, file("group", 0o620), 10, atomicfile.Writable)
	wantRefusal(t, file("world", 0o602), 10, atomicfile.Writable)
	wantRefusal(t, os.DevNull, 10, atomicfile.NotRegular)

	link := filepath.Join(dir, "link")
	if err := os.Symlink(own, link); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, link, 10, atomicfile.Symlink)
	if _, err := atomicfile.Read(filepath.Join(own, "f"), 10); err == nil {
		t.Error("Read below a file succeeded")
	}
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if _, err := atomicfile.Read(socket, 10); err == nil {
		t.Error("Read of a socket succeeded")
	}
}

func TestReadPrivate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for mode, ok := range map[fs.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o620: false, 0o610: false} {
		if err := atomicfile.Write(path, []byte("x"), mode); err != nil {
			t.Fatal(err)
		}
		_, err := atomicfile.ReadPrivate(link, 10)
		if ok != (err == nil) || !ok && !errors.Is(err, atomicfile.Exposed) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if os.Geteuid() != 0 {
		return // only root can give a file away
	}
	for mode, ok := range map[fs.FileMode]bool{0o640: true, 0o660: true, 0o644: false} {
		if err := atomicfile.Write(path, []byte("x"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, 1, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := atomicfile.ReadPrivate(path, 10); ok != (err == nil) {
			t.Errorf("another user's, mode %o: %v", mode, err)
		}
	}
}

func TestReadDoesNotBlockOnFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		wantRefusal(t, path, 10, atomicfile.NotRegular)
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("Read blocks on a FIFO")
	}
}

func TestForeignOwner(t *testing.T) {
	path, dir := "/etc/passwd", "/" // root's, and readable by all
	if os.Geteuid() == 0 {
		dir = t.TempDir()
		path = filepath.Join(dir, "f")
		if err := atomicfile.Write(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{path, dir} {
			if err := os.Chown(p, 12345, -1); err != nil {
				t.Fatal(err)
			}
		}
	}
	wantRefusal(t, path, 1<<20, atomicfile.Foreign)
	if err := atomicfile.MkdirPrivate(dir); !errors.Is(err, atomicfile.Foreign) {
		t.Errorf("MkdirPrivate = %v, want refusal %q", err, atomicfile.Foreign)
	}
}

func TestMkdirPrivateRefuses(t *testing.T) {
	dir := t.TempDir()
	for mode, want := range map[fs.FileMode]error{
		0o700: nil, 0o750: nil, 0o755: nil,
		0o770: atomicfile.Writable, 0o777: atomicfile.Writable, 0o702: atomicfile.Writable,
	} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if err := atomicfile.MkdirPrivate(dir); !errors.Is(err, want) {
			t.Errorf("MkdirPrivate with mode %v = %v, want %v", mode, err, want)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != mode {
			t.Errorf("mode = %v, %v, want it left at %v", info, err, mode)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.MkdirPrivate(link); !errors.Is(err, atomicfile.Symlink) {
		t.Errorf("MkdirPrivate of a link = %v, want refusal %q", err, atomicfile.Symlink)
	}
}

// BenchmarkRead is the file part of a warm hit: open, fstat, geteuid, read, close.
func BenchmarkRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "f")
	if err := atomicfile.Write(path, make([]byte, 2048), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := atomicfile.Read(path, 1<<20); err != nil {
			b.Fatal(err)
		}
	}
}

// What people link and share is read, but not what is no file.
func TestReadLinked(t *testing.T) {
	dir := t.TempDir()
	target, link, fifo := filepath.Join(dir, "dotfiles"), filepath.Join(dir, "config"), filepath.Join(dir, "fifo")
	if err := os.WriteFile(target, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(target, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if got, err := atomicfile.ReadLinked(link, 4); err != nil || string(got) != "text" {
		t.Errorf("ReadLinked = %q, %v", got, err)
	}
	if _, err := atomicfile.ReadLinked(link, 3); !errors.Is(err, atomicfile.TooLarge) {
		t.Errorf("ReadLinked = %v, want TooLarge", err)
	}
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, dir} {
		if _, err := atomicfile.ReadLinked(path, 4); !errors.Is(err, atomicfile.NotRegular) {
			t.Errorf("ReadLinked(%s) = %v, want NotRegular", path, err)
		}
	}
}
