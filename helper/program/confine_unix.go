//go:build unix

package program

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// confine gives a program a session of its own, unless somebody is at the terminal: its process group is its own then, and
// ends as one. It is asked to end before it is made to, so that it can put the terminal in order, and end what it runs.
func confine(cmd *exec.Cmd) {
	if foreground() {
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		return
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGTERM) // fails where nothing of it is left
		return nil
	}
}

// sweep ends what is left of a program that was given up.
func sweep(cmd *exec.Cmd) {
	if cmd.SysProcAttr != nil && cmd.Process != nil {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
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
