//go:build !windows

package main

import "syscall"

// unseen is a session of its own, which has no terminal.
var unseen = &syscall.SysProcAttr{Setsid: true}
