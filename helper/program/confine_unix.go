//go:build unix

package program

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// confine gives a program a session of its own, unless somebody is at the terminal. Its process group is its own then, and
// ends as one; there is no terminal to be left in disorder.
func confine(cmd *exec.Cmd) {
	if foreground() {
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		return
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL) // fails where nothing of it is left
		return nil
	}
}

// foreground reports whether this process has a terminal that is its own to use now. The kernel stops a background job
// that reads its terminal, and what it started with it.
func foreground() bool {
	fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(fd) }()
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
