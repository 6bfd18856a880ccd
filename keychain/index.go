package keychain

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"credmint/helper/atomicfile"
	"credmint/helper/filename"
)

// Entry is what may be known of an item without asking the keychain.
type Entry struct {
	Name    string
	About   map[string]string // not secret; the caller's words
	Store   string            // which store has it
	Copies  []string          // stores that may have what was written before, since it has moved
	Written time.Time         // UTC, to the second
}

// index is a directory with one file per item, since keychains cannot list what they hold. One file per item means that
// two processes never write the same file for different items, and that a look-up costs one small read.
//
// It is written after the secret, and removed after it: what a crash leaves behind is a secret that is not listed, which
// storing it again mends, or a name whose secret is not there, which says so. No secret depends on it.
//
// A file is lines of a word and a value quoted as in Go; no reflection is needed to read what every call reads:
//
//	credmint index 1
//	name "aws/me"
//	store "os"
//	copy "file"
//	written "2026-11-23T19:05:00Z"
//	about.account "111111111111"
type index struct{ dir string }

const maxEntry = 64 << 10

func (x index) path(name string) string { return filename.Join(x.dir, FileName(name)) }

func (x index) get(name string) (Entry, error) {
	e, err := x.read(x.path(name))
	if err == nil && e.Name != name {
		return Entry{}, fmt.Errorf("%s is about %q, not about %q", x.path(name), e.Name, name)
	}
	return e, err
}

func (x index) read(path string) (Entry, error) {
	data, err := atomicfile.Read(path, maxEntry)
	if atomicfile.Missing(err) {
		return Entry{}, ErrNotFound
	}
	if err != nil {
		return Entry{}, err
	}
	e, err := parseEntry(string(data))
	if err != nil {
		return Entry{}, fmt.Errorf("%s is no index entry (%w); remove it and store the secret again", path, err)
	}
	return e, nil
}

const (
	entryHead = "credmint index 1"
	aboutWord = "about."
)

func (e Entry) format() []byte {
	out := []byte(entryHead + "\n")
	line := func(word, value string) { out = fmt.Appendf(out, "%s %q\n", word, value) }
	line("name", e.Name)
	line("store", e.Store)
	for _, store := range e.Copies {
		line("copy", store)
	}
	line("written", e.Written.UTC().Format(time.RFC3339))
	for _, key := range slices.Sorted(maps.Keys(e.About)) {
		line(aboutWord+key, e.About[key])
	}
	return out
}

func parseEntry(text string) (Entry, error) {
	head, rest, _ := strings.Cut(text, "\n")
	if head != entryHead {
		return Entry{}, errors.New("its first line is another, or of a newer version")
	}
	e := Entry{About: map[string]string{}}
	for line := range strings.SplitSeq(strings.TrimSuffix(rest, "\n"), "\n") {
		word, quoted, _ := strings.Cut(line, " ")
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return Entry{}, fmt.Errorf("line %q", word)
		}
		switch key, about := strings.CutPrefix(word, aboutWord); {
		case about:
			e.About[key] = value
		case word == "name":
			e.Name = value
		case word == "store":
			e.Store = value
		case word == "copy":
			e.Copies = append(e.Copies, value)
		case word == "written":
			e.Written, err = time.Parse(time.RFC3339, value)
		}
		if err != nil {
			return Entry{}, err
		}
	}
	if e.Name == "" || e.Store == "" {
		return Entry{}, errors.New("it has no name or no store")
	}
	return e, nil
}

// moved is the entry of a value that is in another store from now on.
func (e Entry) moved(store string) Entry {
	others := func(s string) bool { return s != "" && s != store }
	var copies []string
	for _, s := range append(slices.Clone(e.Copies), e.Store) {
		if others(s) && !slices.Contains(copies, s) {
			copies = append(copies, s)
		}
	}
	e.Store, e.Copies = store, copies
	return e
}

func (x index) put(e Entry) error {
	for key := range e.About {
		if key == "" || strings.ContainsAny(key, " \n") {
			return fmt.Errorf("%q cannot be a word of the index", key)
		}
	}
	if err := atomicfile.MkdirPrivate(x.dir); err != nil {
		return err
	}
	return atomicfile.Write(x.path(e.Name), e.format(), 0o600)
}

func (x index) remove(name string) error {
	if err := atomicfile.Remove(x.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
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
	begin := FileName(prefix)
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), begin) {
			continue
		}
		e, err := x.read(filename.Join(x.dir, f.Name()))
		if errors.Is(err, ErrNotFound) || err != nil && strings.Contains(f.Name(), ".tmp-") { // half written
			continue
		}
		if err != nil {
			return nil, err
		}
		if f.Name() == FileName(e.Name) { // not a temporary file
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}
