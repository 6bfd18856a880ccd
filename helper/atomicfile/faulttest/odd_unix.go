//go:build unix

package faulttest

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// oddities are what may be in the place of a file of ours that is none: why it is refused, and how it gets there. good is
// the file as it was, beside its place.
var oddities = map[string]struct {
	why   string
	plant func(path, good string) error
}{
	"FIFO":             {"not a regular file", func(path, _ string) error { return unix.Mkfifo(path, 0o600) }},
	"directory":        {"not a regular file", func(path, _ string) error { return os.Mkdir(path, 0o700) }},
	"device":           {"not a regular file", func(path, _ string) error { return device(path) }},
	"link to the file": {"symbolic link", func(path, good string) error { return os.Symlink(good, path) }},
	"link to a device": {"symbolic link", func(path, _ string) error { return os.Symlink("/dev/zero", path) }},
	"link to itself":   {"symbolic link", func(path, _ string) error { return os.Symlink(path, path) }},
	"writable by the group": {"others can write", func(path, good string) error {
		return chain(os.Rename(good, path), func() error { return os.Chmod(path, 0o620) })
	}},
	"another user's": {"another user", func(path, good string) error {
		return chain(os.Rename(good, path), func() error { return os.Chown(path, 12345, -1) })
	}},
	"hard link to another user's": {"another user", func(path, good string) error {
		return chain(os.Chown(good, 12345, -1), func() error { return os.Link(good, path) })
	}},
	"1 GiB": {"too large", func(path, good string) error {
		return chain(os.Rename(good, path), func() error { return os.Truncate(path, 1<<30) })
	}},
}

// Odd has a subtest for each thing that may be in the place of a file and is none of ours. begin makes the file and says
// where it is; look is called when the other thing is in its place, with words on why that is refused. It must be soon
// done, whatever that is.
func Odd(t *testing.T, begin func(t *testing.T) (path string, look func(why string))) {
	t.Helper()
	for what, odd := range oddities {
		t.Run(what, func(t *testing.T) {
			path, look := begin(t)
			good := path + ".good"
			if err := os.Rename(path, good); err != nil {
				t.Fatal(err)
			}
			if err := odd.plant(path, good); os.IsPermission(err) {
				t.Skip("only root can make one")
			} else if err != nil {
				t.Fatal(err)
			}
			look(odd.why)
		})
	}
}

func chain(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}
