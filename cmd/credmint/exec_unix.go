//go:build unix

package main

import (
	"os"
	"syscall"

	"credmint/helper/prompt"
)

// passedSignals are those with which people and supervisors speak to a program. The ones that the kernel sends to the whole
// group of a terminal and whose default is harmless to this process (SIGTSTP, SIGCONT, SIGWINCH) take care of themselves.
func passedSignals() []os.Signal {
	return []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2}
}

// fromTerminal reports whether a signal came from the terminal's keys, and so to the child as well: it is in the same group.
// Nothing tells who sent a signal, so at a terminal ^C and ^\ are taken for that.
func fromTerminal(s os.Signal) bool {
	return (s == syscall.SIGINT || s == syscall.SIGQUIT) && prompt.HasTerminal()
}

// endedBy is the number of the signal that ended a process.
func endedBy(state *os.ProcessState) (int, bool) {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return 0, false
	}
	return int(status.Signal()), true
}
