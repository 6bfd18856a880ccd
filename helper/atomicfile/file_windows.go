package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"time"

	"golang.org/x/sys/windows"

	"credmint/helper/filename"
)

// Read returns the content of the file at path. It reads no more than limit bytes: a file that is larger, not regular
// or a link of any kind is refused with an error that wraps the Refusal. A missing file is fs.ErrNotExist.
func Read(path string, limit int64) ([]byte, error) {
	return patiently(path, limit, windows.FILE_FLAG_OPEN_REPARSE_POINT)
}

// ReadLinked is Read for files that people share, and link from elsewhere: it follows symbolic links.
func ReadLinked(path string, limit int64) ([]byte, error) { return patiently(path, limit, 0) }

// ReadPrivate is ReadLinked for secrets.
func ReadPrivate(path string, limit int64) ([]byte, error) { return ReadLinked(path, limit) }

// OpenLinked opens a file that ReadLinked would read, for those who want parts of a large one, and returns its size in bytes.
func OpenLinked(path string, limit int64) (f *os.File, size int64, err error) {
	err = retry(func() (err error) {
		f, size, err = open(path, limit, 0)
		return err
	})
	return f, size, err
}

func patiently(path string, limit int64, flags uint32) (data []byte, err error) {
	err = retry(func() (err error) {
		data, err = read(path, limit, flags)
		return err
	})
	return data, err
}

func read(path string, limit int64, flags uint32) ([]byte, error) {
	f, size, err := open(path, limit, flags)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data := make([]byte, size)
	n, err := io.ReadFull(f, data)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	return data[:n], nil
}

// OpenAppend opens a file to read it and to add to its end, and makes it with mode 0600 where it is missing. It follows no
// link, and leaves open what kind of file it is.
func OpenAppend(path string) (f *os.File, err error) {
	err = retry(func() (err error) {
		// Without the right to write elsewhere every write is at the end of the file, whatever others write meanwhile.
		f, err = share(path, windows.GENERIC_READ|windows.FILE_APPEND_DATA, windows.OPEN_ALWAYS, windows.FILE_FLAG_OPEN_REPARSE_POINT)
		return err
	})
	return f, err
}

// open opens a file and returns its size, unless there is a reason to refuse it.
func open(path string, limit int64, flags uint32) (*os.File, int64, error) {
	f, err := share(path, windows.GENERIC_READ, windows.OPEN_EXISTING, flags)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.Mode()&fs.ModeSymlink != 0:
		err = refuse(path, Symlink)
	case !info.Mode().IsRegular():
		err = refuse(path, NotRegular)
	case info.Size() > limit:
		err = refuse(path, TooLarge)
	default:
		return f, info.Size(), nil
	}
	_ = f.Close()
	return nil, 0, err
}

// share opens what has a path in such a way that others may do everything with it meanwhile: replace, rename and remove it,
// too, which os.Open keeps them from. A directory is opened as well, to be told apart.
func share(path string, access, disposition, flags uint32) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	h, err := windows.CreateFile(name, access,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil, disposition,
		flags|windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

// Rename gives a file another name in its directory, and replaces what had it. It waits up to two seconds for others who have
// one of the two open and do not share it, as credmint's own readers do.
func Rename(from, to string) error {
	return retry(func() error { return rename(from, to) })
}

// rename is not os.Rename since that replaces no file that anybody has open, and each reader would have to be waited for. A Root
// asks for POSIX's semantics (FILE_RENAME_POSIX_SEMANTICS, since Windows 10), and where there are none for the others.
func rename(from, to string) error {
	dir, err := os.OpenRoot(filename.Dir(from))
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	err = dir.Rename(filename.Base(from), filename.Base(to))
	if reason := (*os.LinkError)(nil); errors.As(err, &reason) {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: reason.Err}
	}
	return err
}

// Remove removes a file. It waits up to two seconds for others who have it open.
func Remove(path string) error {
	return retry(func() error { return os.Remove(path) })
}

// retry repeats for up to two seconds what another process, a virus scanner most often, keeps from happening by having
// the file open. The errors and the limit are those of Go's cmd/internal/robustio.
func retry(call func() error) error {
	for start, pause := time.Now(), time.Millisecond; ; {
		err := call()
		if !errors.Is(err, windows.ERROR_SHARING_VIOLATION) && !errors.Is(err, windows.ERROR_ACCESS_DENIED) ||
			time.Since(start)+pause >= 2*time.Second {
			return err
		}
		time.Sleep(pause)
		pause += rand.N(pause)
	}
}

func distrustOwner(fs.FileInfo) Refusal { return "" }

func changeable(fs.FileInfo) Refusal { return "" }
