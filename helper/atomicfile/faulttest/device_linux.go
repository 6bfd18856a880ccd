package faulttest

import "golang.org/x/sys/unix"

// device makes /dev/zero once more.
func device(path string) error {
	return unix.Mknod(path, unix.S_IFCHR|0o600, int(unix.Mkdev(1, 5)))
}
