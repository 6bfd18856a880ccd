//go:build unix

package main

import "syscall"

// detached gives a child a session of its own: no terminal, and no signal meant for the caller's group.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
