package journal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"time"

	"credmint/helper/atomicfile"
)

// Follow hands every entry that is added from now on to each, until ctx is done. It looks once every interval, and goes on
// with the next file when one is full, and with the one after it where that is full already. Of what fills more than two
// files within an interval, the two are seen.
func (j Journal) Follow(ctx context.Context, interval time.Duration, each func(Entry)) error {
	files, err := j.open()
	if err != nil {
		return err
	}
	tail := tail{file: files.newest()}
	files.closeBut(tail.file)
	defer tail.close()
	if err := tail.skip(); err != nil {
		return err
	}
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
		if err := tail.next(j, each); err != nil {
			return err
		}
	}
}

// files are the two of a Journal, as they were at one moment; nil: there is none.
type files struct{ before, now *file }

// file is an open one, and which it is. That is asked once: Wine forgets the volume of a file whose name another took.
type file struct {
	*os.File
	id os.FileInfo
}

// open opens both. A file that has been exchanged meanwhile is another's predecessor, so it looks again.
func (j Journal) open() (files, error) {
	for {
		var (
			f   files
			err error
		)
		if f.now, err = openIfThere(j.Path); err == nil {
			f.before, err = openIfThere(j.Path + ".1")
		}
		if err != nil || f.now == nil || isAt(f.now, j.Path) {
			return f, err
		}
		f.closeBut(nil)
	}
}

func openIfThere(path string) (*file, error) {
	f, _, err := atomicfile.OpenLinked(path, math.MaxInt64) // which on Windows keeps nobody from exchanging it
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	id, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &file{f, id}, nil
}

// newest is the one that was written to last.
func (f files) newest() *file {
	if f.now != nil {
		return f.now
	}
	return f.before
}

func (f files) closeBut(kept *file) {
	for _, one := range []*file{f.before, f.now} {
		if one != nil && one != kept {
			_ = one.Close() // it was read only
		}
	}
}

// isAt reports whether a file has that path, or what has it cannot be told.
func isAt(f *file, path string) bool {
	there, err := os.Stat(path)
	return err != nil || os.SameFile(there, f.id)
}

// tail is an open file and the beginning of a line that is not all there.
type tail struct {
	file *file // nil: there is none yet
	rest []byte
}

func (t *tail) close() {
	if t.file != nil {
		_ = t.file.Close() // it was read only
	}
	t.file, t.rest = nil, nil
}

// skip passes over what there is.
func (t *tail) skip() error {
	if t.file == nil {
		return nil
	}
	_, err := t.file.Seek(0, io.SeekEnd)
	return err
}

// next goes on to the last file there is, past one that came and was full since.
func (t *tail) next(j Journal, each func(Entry)) error {
	files, err := j.open()
	if newest := files.newest(); err != nil || newest == nil || t.file != nil && os.SameFile(t.file.id, newest.id) {
		files.closeBut(nil)
		return err
	}
	err = t.read(each) // what came before it was full
	for _, f := range []*file{files.before, files.now} {
		switch {
		case f == nil:
		case t.file != nil && os.SameFile(t.file.id, f.id):
			_ = f.Close()
		default:
			t.close()
			t.file = f
			err = errors.Join(err, t.read(each))
		}
	}
	return err
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
