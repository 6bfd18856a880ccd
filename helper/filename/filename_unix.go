//go:build unix

package filename

import (
	"errors"
	"os"
	"path"
	"strings"
)

// Join is filepath.Join.
func Join(elements ...string) string { return path.Join(elements...) }

// Dir is filepath.Dir.
func Dir(name string) string { return path.Dir(name) }

// Base is filepath.Base.
func Base(name string) string { return path.Base(name) }

// ToSlash is filepath.ToSlash.
func ToSlash(name string) string { return name }

// IsAbs is filepath.IsAbs.
func IsAbs(name string) bool { return path.IsAbs(name) }

// maxLinks is how many links Linux follows.
const maxLinks = 40

var errLoop = errors.New("its symbolic links go in a circle")

// Resolve follows a file that is a symbolic link to the file itself, which is there. Folders on the way may be links still:
// it is the file that is to be replaced by another.
func Resolve(name string) (string, error) {
	for range maxLinks {
		info, err := os.Lstat(name)
		if err != nil || info.Mode()&os.ModeSymlink == 0 {
			return name, err
		}
		to, err := os.Readlink(name)
		if err != nil {
			return "", err
		}
		if !IsAbs(to) { // joined as it is: a cleaned "a/../b" is another file where a is a link
			dir := name[:strings.LastIndexByte(name, '/')+1]
			to = dir + to
		}
		name = to
	}
	return "", &os.PathError{Op: "resolve", Path: name, Err: errLoop}
}
