package keychain

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"credmint/helper/atomicfile"
)

// Entry is what may be known of an item without asking the keychain.
type Entry struct {
	Name    string            `json:"name"`
	About   map[string]string `json:"about,omitempty"` // not secret; the caller's words
	Store   string            `json:"store"`           // which store has it: "os" or "file"
	Written time.Time         `json:"written"`         // UTC
}

// index is a directory with one file per item, since keychains cannot list what they hold. One file per item means that
// two processes never write the same file for different items, and that a look-up costs one small read.
//
// It is written after the secret, and removed after it: what a crash leaves behind is a secret that is not listed, which
// storing it again mends, or a name whose secret is not there, which says so. No secret depends on it.
type index struct{ dir string }

const maxEntry = 64 << 10

func (x index) path(name string) string { return filepath.Join(x.dir, fileName(name)) }

func (x index) get(name string) (Entry, error) {
	e, err := x.read(x.path(name))
	if err == nil && e.Name != name {
		return Entry{}, fmt.Errorf("%s is about %q, not about %q", x.path(name), e.Name, name)
	}
	return e, err
}

func (x index) read(path string) (Entry, error) {
	data, err := atomicfile.Read(path, maxEntry)
	if errors.Is(err, fs.ErrNotExist) {
		return Entry{}, ErrNotFound
	}
	if err != nil {
		return Entry{}, err
	}
	var e Entry
	if err := json.Unmarshal(data, &e); err != nil || e.Name == "" {
		return Entry{}, fmt.Errorf("%s is no index entry; remove it and store the secret again", path)
	}
	return e, nil
}

func (x index) put(e Entry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := atomicfile.MkdirPrivate(x.dir); err != nil {
		return err
	}
	return atomicfile.Write(x.path(e.Name), append(data, '\n'), 0o600)
}

func (x index) remove(name string) error {
	if err := os.Remove(x.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// list returns the entries whose names begin with prefix, by name.
func (x index) list(prefix string) ([]Entry, error) {
	files, err := os.ReadDir(x.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []Entry
	begin := fileName(prefix)
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), begin) {
			continue
		}
		e, err := x.read(filepath.Join(x.dir, f.Name()))
		if errors.Is(err, ErrNotFound) || err != nil && strings.Contains(f.Name(), ".tmp-") { // half written
			continue
		}
		if err != nil {
			return nil, err
		}
		if f.Name() == fileName(e.Name) { // not a temporary file
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}
