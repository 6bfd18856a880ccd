//go:build unix

package keychaintest

import "syscall"

// Freeze stops what was started where it stands: it takes what it is sent, and does not answer. Close ends it all the same.
func (b *Bus) Freeze() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, daemon := range b.daemons {
		_ = daemon.Process.Signal(syscall.SIGSTOP)
	}
}
