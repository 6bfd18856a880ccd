// Package atomicfile writes files that are, at any moment and after any crash, the old one or the new one whole, and
// reads files it has reason to trust.
//
// It trusts a file that is regular, belongs to this user and cannot be written by another; anything else is refused
// with the reason, never repaired. It follows no symbolic link in the last element of a path: Write replaces the link
// itself, Read refuses it. Whoever edits a file that people keep elsewhere and link to (~/.aws/config in a dotfiles
// repository) passes what filepath.EvalSymlinks returns.
package atomicfile

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"time"

	"credmint/helper/filename"
)

// tempMark stands between the name of a file and the random text that makes the name of its successor.
const (
	tempMark      = ".tmp-"
	randomSize    = 26
	randomLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

// Write replaces the file at path by one that holds data and has exactly the mode perm, whatever the umask. It creates
// no directory. On error the old file is untouched and nothing is left behind; a process that is killed may leave the
// successor, which the first Write to that directory an hour later removes.
//
// The file reaches the disk before its name does. Where the directory itself cannot be synced Write succeeds all the
// same: the new file is in place, and a power cut may at worst bring the old one back.
func Write(path string, data []byte, perm fs.FileMode) error { return write(path, data, perm, synced) }

// WriteUnsynced is Write for what can be made again, and is known to be whole or not when it is read: it does not wait for
// the disk, which may take longer than all else that its caller does. After a power cut the file may be the old one, empty,
// or cut short.
func WriteUnsynced(path string, data []byte, perm fs.FileMode) error {
	return write(path, data, perm, unsynced)
}

// syncing says whether a file is to outlive a power cut.
type syncing bool

const (
	synced   syncing = true
	unsynced syncing = false
)

func write(path string, data []byte, perm fs.FileMode, wanted syncing) error {
	temp, err := successor(path, data, perm, wanted)
	if err != nil {
		return err
	}
	return succeed(temp, path, wanted)
}

// successor writes the file that is to take path's place, beside it.
func successor(path string, data []byte, perm fs.FileMode, wanted syncing) (temp string, err error) {
	temp = path + tempMark + randomText()
	return temp, create(temp, data, perm, wanted)
}

// randomText makes names different, and nothing secret: where one is taken the file is not made.
func randomText() string {
	text := make([]byte, randomSize)
	for i := range text {
		text[i] = randomLetters[rand.IntN(len(randomLetters))]
	}
	return string(text)
}

// succeed puts it there, or removes it.
func succeed(temp, path string, wanted syncing) error {
	if err := Rename(temp, path); err != nil {
		_ = os.Remove(temp)
		return err
	}
	settle(filename.Dir(path), wanted)
	return nil
}

// create writes a file that did not exist, and removes it again when that fails half-way.
func create(name string, data []byte, perm fs.FileMode, wanted syncing) (err error) {
	// 0600 until the content is whole: a wider mode is never in force while another user could open a part of it.
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close() // a second Close is harmless, and Windows removes no open file
			_ = os.Remove(name)
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	if err = f.Chmod(perm); err != nil {
		return err
	}
	if wanted == synced {
		if err = f.Sync(); err != nil {
			return err
		}
	}
	if err = f.Close(); errors.Is(err, syscall.EINTR) {
		err = nil // it is on the disk, and what is interrupted there on FUSE and NFS is only the wait for that
	}
	return err
}

// leftAfter is how old a successor is that nobody is about to put in its place any more.
const leftAfter = time.Hour

// settle makes the rename last, where that is wanted, and removes the successors that a killed Write left in the directory
// before. Windows and some file systems cannot sync a directory, and by then there is nothing left to undo, so the outcome is
// not reported.
func settle(dir string, wanted syncing) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer func() { _ = d.Close() }()
	if wanted == synced {
		_ = d.Sync()
	}
	names, _ := d.Readdirnames(-1)
	sweep(dir, names)
}

// Sweep removes from dir what a killed Write left behind more than an hour ago, as the next Write to the directory does
// anyway. What it cannot remove it leaves for the next time.
func Sweep(dir string) {
	if d, err := os.Open(dir); err == nil {
		names, _ := d.Readdirnames(-1)
		_ = d.Close()
		sweep(dir, names)
	}
}

func sweep(dir string, names []string) {
	for _, name := range names {
		if !isTemp(name) {
			continue
		}
		path := filename.Join(dir, name)
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > leftAfter {
			_ = os.Remove(path)
		}
	}
}

// isTemp recognises the names Write gives, and not every name with the mark in it: dir may be a person's own.
func isTemp(name string) bool {
	i := strings.LastIndex(name, tempMark)
	if i < 1 {
		return false
	}
	random := name[i+len(tempMark):]
	return len(random) >= randomSize && strings.Trim(random, randomLetters) == ""
}

// MkdirPrivate makes dir, and any parent that is missing, with mode 0700 (as the XDG Base Directory Specification asks
// of those who create its directories). An existing dir is refused unless it is a directory of this user's that nobody
// else can write to. Others may be able to list it: what is kept in it has a mode of its own.
func MkdirPrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir) // not Stat: whoever planted a link chose where our files go
	if err != nil {
		return err
	}
	if reason := distrustDir(info); reason != "" {
		return refuse(dir, reason)
	}
	return nil
}
