package cache

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"credmint/helper/atomicfile"
	"credmint/helper/filename"
)

// tag tells backup programs to pass the directory by: https://bford.info/cachedir/
const (
	tagName = "CACHEDIR.TAG"
	tag     = "Signature: 8a477f597d28d172789f06886806bc55\n" +
		"# This directory holds sealed sessions of credmint. It can be removed at any time.\n"
)

// Info is what can be said of an entry without its sealing key. Nothing vouches for it.
type Info struct {
	Name    string // of its file, see Dir
	KeyID   string // hexadecimal; which sealing key it was sealed with
	Expires time.Time
	Written time.Time // when it was put there
	Fault   error     // not nil: the entry cannot be read, and only Name is set
}

// List describes the entries in the directory, the expired among them, in the order of their names. It asks for no
// sealing key.
func (d Dir) List() ([]Info, error) {
	names, err := d.names()
	if err != nil {
		return nil, err
	}
	infos := make([]Info, 0, len(names))
	for _, name := range names {
		infos = append(infos, d.info(name))
	}
	return infos, nil
}

func (d Dir) info(name string) Info {
	path := filename.Join(d.Path, name)
	data, err := atomicfile.Read(path, maxFile)
	if err != nil {
		return Info{Name: name, Fault: err}
	}
	h, err := parseHeader(data)
	if err != nil {
		return Info{Name: name, Fault: fmt.Errorf("%s: %w", path, err)}
	}
	file, err := os.Lstat(path)
	if err != nil {
		return Info{Name: name, Fault: err}
	}
	return Info{Name: name, KeyID: hex.EncodeToString(h.keyID[:]), Expires: h.expires, Written: file.ModTime()}
}

// Delete forgets the entry kept under key, if any, and those made from it. It returns how many there were.
func (d Dir) Delete(key Key) (int, error) { return d.deleteAll(d.name(key)) }

// DeleteAll forgets every entry.
func (d Dir) DeleteAll() error {
	_, err := d.deleteAll("")
	return err
}

// deleteAll forgets the entries whose names are source, or begin with it.
func (d Dir) deleteAll(source string) (n int, err error) {
	names, err := d.names()
	for _, name := range names {
		if !strings.HasPrefix(name, source) {
			continue
		}
		if e := remove(filename.Join(d.Path, name)); e != nil {
			err = errors.Join(err, e)
			continue
		}
		n++
	}
	return n, err
}

func remove(path string) error {
	if err := atomicfile.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// names returns the names that entries can have, and leaves out locks, tag and temporary files.
func (d Dir) names() ([]string, error) {
	files, err := os.ReadDir(d.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, f := range files {
		if isName(f.Name()) {
			names = append(names, f.Name())
		}
	}
	return names, err
}

func isName(s string) bool {
	for part := range strings.SplitSeq(s, "-") {
		if len(part) != 2*len(Key{}) || strings.Trim(part, "0123456789abcdef") != "" {
			return false
		}
	}
	return true
}

// prepare makes the directory on first use, and once a day tidies it. The tag's time says when that was last done, so
// that on every other day it costs one system call.
func (d Dir) prepare() error {
	if err := atomicfile.MkdirPrivate(d.Path); err != nil {
		return err
	}
	path := filename.Join(d.Path, tagName)
	info, err := os.Lstat(path)
	switch now := d.now(); {
	case errors.Is(err, fs.ErrNotExist):
		return atomicfile.WriteUnsynced(path, []byte(tag), 0o600)
	case err == nil && now.Sub(info.ModTime()).Abs() > 24*time.Hour: // Abs: the clock may have been ahead then
		_ = os.Chtimes(path, now, now)
		d.tidy(now)
	}
	return nil
}

// tidy removes what killed processes left among the locks, where nobody may write again, and entries that expired more
// than a day ago.
func (d Dir) tidy(now time.Time) {
	atomicfile.Sweep(d.locks())
	infos, _ := d.List()
	for _, i := range infos {
		if i.Fault == nil && now.Sub(i.Expires) > 24*time.Hour {
			d.removeExpired(i)
		}
	}
}

// removeExpired takes the entry's lock, lest it removes the successor that another process is putting in its place.
func (d Dir) removeExpired(i Info) {
	lock, err := d.lock(i.Name)
	if err != nil {
		return
	}
	defer lock.release()
	if held, err := lock.try(); held && err == nil && d.info(i.Name) == i {
		_ = os.Remove(filename.Join(d.Path, i.Name))
	}
}
