package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// NotThere holds of errors that say there is no such file. Below HOME=/dev/null, which daemons are given, there is none
// either.
func NotThere(err error) bool { return Missing(err) || errors.Is(err, syscall.ENOTDIR) }

// Missing holds of errors that are fs.ErrNotExist. A hit finds two of its files missing, and what errors.Is needs to know of
// the types on its way is found out at run time, each time for the first time.
func Missing(err error) bool {
	p, ok := err.(*fs.PathError)
	return ok && p.Err == syscall.ENOENT || errors.Is(err, fs.ErrNotExist)
}

// Refusal is the reason why a file or directory is not trusted. Errors wrap it, together with the path.
type Refusal string

// The reasons. The last four have no counterpart on Windows, where the access list of the user's profile keeps others
// out.
const (
	TooLarge     Refusal = "it is too large"
	NotRegular   Refusal = "it is not a regular file"
	NotDirectory Refusal = "it is not a directory"
	Symlink      Refusal = "it is a symbolic link"
	Foreign      Refusal = "it belongs to another user"
	Writable     Refusal = "others can write to it"
	Exposed      Refusal = "others can read it: chmod 600 it"
)

// Error returns the reason.
func (r Refusal) Error() string { return string(r) }

func refuse(path string, r Refusal) error { return fmt.Errorf("refuse %s: %w", path, r) }

// distrustDir says why a directory is not to be used, or nothing.
func distrustDir(info fs.FileInfo) Refusal {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return Symlink
	case !info.IsDir():
		return NotDirectory
	}
	return distrustOwner(info)
}

// Distrust says why nothing should be kept in a file or a directory, or nothing: it is Foreign or Writable.
func Distrust(info fs.FileInfo) Refusal { return distrustOwner(info) }

// Changeable says why others than this user and root can change a file, or what is in a directory, or nothing: it is Foreign
// or Writable. It is OpenSSH's StrictModes with two exceptions. A group that has the user's own number is the user's private
// one, to which files belong that are made with the usual umask of such systems (002); and in a directory with the sticky
// bit, such as /tmp, nobody can replace what is not theirs.
func Changeable(info fs.FileInfo) Refusal { return changeable(info) }
