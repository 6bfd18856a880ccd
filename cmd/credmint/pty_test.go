//go:build unix

package main

import (
	"os"
	"runtime"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// openPTY is a new terminal, and the person's side of it. That keeps the deadlines of those who read it, so that a test fails
// in which nothing is shown: package pty gives one that waits for ever. (On macOS this stays so: its kqueue does not know
// when there is something to read.)
func openPTY() (person, tty *os.File, err error) {
	master, tty, err := pty.Open()
	if err != nil || runtime.GOOS != "linux" {
		return master, tty, err
	}
	defer master.Close()
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		tty.Close()
		return nil, nil, err
	}
	return os.NewFile(uintptr(fd), master.Name()), tty, nil
}
