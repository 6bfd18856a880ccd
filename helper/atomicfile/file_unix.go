//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"syscall"
)

// Read returns the content of the file at path as it was when opened. Whatever lies there, it does not block, and reads
// no more than limit bytes: a file that is larger, not regular, not this user's or writable by others is refused with
// an error that wraps the Refusal. A missing file is fs.ErrNotExist.
func Read(path string, limit int64) ([]byte, error) {
	return read(path, limit, syscall.O_NOFOLLOW, distrust)
}

// ReadLinked is Read for files that people share, and link from elsewhere: it follows symbolic links, and leaves open
// whose the file is and who can write to it.
func ReadLinked(path string, limit int64) ([]byte, error) { return read(path, limit, 0, oddness) }

// ReadPrivate is ReadLinked for secrets: a file of this user's that others can read or write is refused, and one of another
// user's (root's, say, which a group may read) that everybody can.
func ReadPrivate(path string, limit int64) ([]byte, error) { return read(path, limit, 0, exposure) }

// OpenLinked opens a file that ReadLinked would read, for those who want parts of a large one, and returns its size in bytes.
func OpenLinked(path string, limit int64) (*os.File, int64, error) {
	fd, size, err := open(path, limit, 0, oddness)
	if err != nil {
		return nil, 0, err
	}
	_ = syscall.SetNonblock(fd, false) // else os would have the poller wait for it
	return os.NewFile(uintptr(fd), path), size, nil
}

// OpenAppend opens a file to read it and to add to its end, and makes it with mode 0600 where it is missing. It follows no
// link, waits for no reader of a pipe that somebody put there, and leaves open what kind of file it is.
func OpenAppend(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
}

func read(path string, limit int64, flags int, refusal func(syscall.Stat_t, int64) Refusal) ([]byte, error) {
	fd, size, err := open(path, limit, flags, refusal)
	if err != nil {
		return nil, err
	}
	defer func() { _ = syscall.Close(fd) }()
	data, err := readFull(fd, make([]byte, size))
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return data, nil
}

// open opens a file and returns its size, unless there is a reason to refuse it.
func open(path string, limit int64, flags int, refusal func(syscall.Stat_t, int64) Refusal) (fd int, size int64, err error) {
	// Not os.Open: it would enter the file into the poller, which makes half a dozen system calls of one.
	// O_NONBLOCK: opening a FIFO would otherwise wait for a writer.
	fd, err = retry(func() (int, error) {
		return syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC|flags, 0)
	})
	if err != nil {
		if flags != 0 && isLinkErrno(err) {
			return 0, 0, refuse(path, Symlink)
		}
		return 0, 0, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	var st syscall.Stat_t
	if err = syscall.Fstat(fd, &st); err != nil {
		err = &fs.PathError{Op: "stat", Path: path, Err: err}
	} else if reason := refusal(st, limit); reason != "" {
		err = refuse(path, reason)
	}
	if err != nil {
		_ = syscall.Close(fd)
	}
	return fd, st.Size, err
}

// oddness is what makes a file none at all.
func oddness(st syscall.Stat_t, limit int64) Refusal {
	switch {
	case uint32(st.Mode)&syscall.S_IFMT != syscall.S_IFREG:
		return NotRegular
	case st.Size > limit:
		return TooLarge
	}
	return ""
}

// exposure is what makes a file no secret. It is ssh's rule for private keys, and a little stricter.
func exposure(st syscall.Stat_t, limit int64) Refusal {
	others := uint32(0o077)
	if st.Uid != uint32(os.Geteuid()) {
		others = 0o007
	}
	if odd := oddness(st, limit); odd != "" {
		return odd
	}
	if uint32(st.Mode)&others != 0 {
		return Exposed
	}
	return ""
}

func distrust(st syscall.Stat_t, limit int64) Refusal {
	switch odd := oddness(st, limit); {
	case odd == NotRegular:
		return odd
	case st.Uid != uint32(os.Geteuid()):
		return Foreign
	case st.Mode&0o022 != 0:
		return Writable
	default:
		return odd
	}
}

// readFull fills buf or returns the part before the end of the file.
func readFull(fd int, buf []byte) ([]byte, error) {
	for n := 0; n < len(buf); {
		m, err := retry(func() (int, error) { return syscall.Read(fd, buf[n:]) })
		if err != nil {
			return nil, err
		}
		if m == 0 {
			return buf[:n], nil
		}
		n += m
	}
	return buf, nil
}

// retry repeats what a signal interrupted; the Go runtime's own preemption signals do that on some file systems.
func retry(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); err != syscall.EINTR {
			return n, err
		}
	}
}

// isLinkErrno recognises what O_NOFOLLOW gives for a link: ELOOP, or EMLINK on FreeBSD. The rare path with too many
// links in its parents looks the same, and is refused as well. err is the system call's own: see Missing about errors.Is.
func isLinkErrno(err error) bool { return err == syscall.ELOOP || err == syscall.EMLINK }

func distrustOwner(info fs.FileInfo) Refusal {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || st.Uid != uint32(os.Geteuid()):
		return Foreign
	case info.Mode()&0o022 != 0:
		return Writable
	}
	return ""
}

func changeable(info fs.FileInfo) Refusal {
	st, ok := info.Sys().(*syscall.Stat_t)
	me := uint32(os.Geteuid())
	if !ok || st.Uid != me && st.Uid != 0 {
		return Foreign
	}
	others := fs.FileMode(0o022)
	switch {
	case info.IsDir() && info.Mode()&fs.ModeSticky != 0:
		others = 0
	case st.Gid == me && st.Gid == uint32(os.Getegid()):
		others = 0o002
	}
	if info.Mode()&others != 0 {
		return Writable
	}
	return ""
}

// Rename gives a file another name, and replaces what had it.
func Rename(from, to string) error { return os.Rename(from, to) }

// Remove removes a file, which others may have open.
func Remove(path string) error { return os.Remove(path) }
