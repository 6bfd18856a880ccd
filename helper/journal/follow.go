package journal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// Follow hands every entry that is added from now on to each, until ctx is done. It looks once every interval, and goes on
// with the next file when one is full.
func (j Journal) Follow(ctx context.Context, interval time.Duration, each func(Entry)) error {
	var tail tail
	if err := tail.open(j.Path, io.SeekEnd); err != nil {
		return err
	}
	defer tail.close()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := tail.read(each); err != nil {
			return err
		}
		if !tail.current(j.Path) {
			if err := errors.Join(tail.read(each), tail.open(j.Path, io.SeekStart)); err != nil {
				return err
			}
		}
	}
}

// tail is an open file and the beginning of a line that is not all there.
type tail struct {
	file *os.File // nil: there is none yet
	rest []byte
}

func (t *tail) open(path string, whence int) error {
	t.close()
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	t.file, t.rest = f, nil
	_, err = f.Seek(0, whence)
	return err
}

func (t *tail) close() {
	if t.file != nil {
		_ = t.file.Close() // it was read only
		t.file = nil
	}
}

// current reports whether path is still the file that is open.
func (t *tail) current(path string) bool {
	now, err := os.Stat(path)
	if err != nil {
		return true // it is being exchanged, or has not begun
	}
	if t.file == nil {
		return false
	}
	open, err := t.file.Stat()
	return err == nil && os.SameFile(now, open)
}

func (t *tail) read(each func(Entry)) error {
	if t.file == nil {
		return nil
	}
	added, err := io.ReadAll(io.LimitReader(t.file, 4*defaultSize))
	t.rest = append(t.rest, added...)
	end := bytes.LastIndexByte(t.rest, '\n') + 1
	read(t.rest[:end], each)
	t.rest = t.rest[end:]
	return err
}
