//go:build unix

package journal

import (
	"os"

	"golang.org/x/sys/unix"
)

// openAppend follows no link, and waits for no reader of a pipe that somebody put there.
func openAppend(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
}
