package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"credmint/helper/atomicfile"
	"credmint/helper/filename"
)

// Failed is the failure of another process to make the entry we waited for.
type Failed struct {
	At   time.Time
	Text string
}

// Error returns what the other process said.
func (f *Failed) Error() string { return "another process failed: " + f.Text }

// queue is one caller's place among those who wait for an entry.
type queue struct {
	dir    Dir
	key    Key
	enough func(Entry) bool
	began  time.Time

	entry, note fs.FileInfo // as last seen
}

// look answers for the caller if another process has made the entry or failed to; otherwise it is a miss. Two system
// calls tell when nothing has changed.
func (q *queue) look(ctx context.Context) (Entry, error) {
	if isNew(q.dir.entry(q.key), &q.entry) {
		e, err := q.dir.Get(ctx, q.key)
		if err == nil && q.enough(e) || err != nil && !errors.Is(err, ErrMiss) {
			return e, err
		}
	}
	if path := q.dir.note(q.dir.name(q.key)); isNew(path, &q.note) {
		// Not one from before we came, nor (the clock was set back) from the future.
		if f := readNote(path); f != nil && !f.At.Before(q.began) && !f.At.After(q.dir.now()) {
			return Entry{}, f
		}
	}
	return Entry{}, ErrMiss
}

// A note says when and how a process failed that held the lock: a line with the time, then the text.
const maxNote = 1 << 10

func (d Dir) note(name string) string { return filename.Join(d.locks(), name+".failed") }

// leaveNote writes atomically, so that nobody reads half a note. If it cannot, the others try for themselves.
func (d Dir) leaveNote(name string, failure error) {
	note := fmt.Sprintf("%s\n%s", d.now().UTC().Format(time.RFC3339Nano), failure)
	note = strings.ToValidUTF8(note[:min(len(note), maxNote)], "")
	_ = atomicfile.WriteUnsynced(d.note(name), []byte(note), 0o600)
}

func readNote(path string) *Failed {
	data, err := atomicfile.Read(path, maxNote)
	if err != nil {
		return nil
	}
	stamp, text, _ := strings.Cut(string(data), "\n")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return nil
	}
	return &Failed{At: at, Text: text}
}
