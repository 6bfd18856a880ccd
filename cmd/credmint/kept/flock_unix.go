//go:build linux || freebsd || openbsd || netbsd || dragonfly

package kept

import (
	"context"
	"errors"
	"syscall"
	"time"

	"credmint/helper/atomicfile"
)

// flock is a lock on a file, as package filelock has it: the kernel does not care who takes it by which. That one's library
// would be initialised before every hit.
type flock struct {
	path string
	fd   int // negative: it is not open
}

func newFlock(path string) atomicfile.Lock { return &flock{path, -1} }

func (l *flock) Lock() error { return l.take(syscall.LOCK_EX) }

func (l *flock) TryLock() (held bool, err error) {
	err = l.take(syscall.LOCK_EX | syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// TryLockContext is for those who write to the keychain, which nobody does before main.
func (l *flock) TryLockContext(context.Context, time.Duration) (held bool, err error) {
	return false, errors.ErrUnsupported
}

func (l *flock) take(how int) (err error) {
	for l.fd < 0 {
		// O_RDWR: NFS emulates flock(2) by fcntl(2), which asks for it.
		l.fd, err = syscall.Open(l.path, syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC, 0o600)
		if err != nil && err != syscall.EINTR {
			return err
		}
	}
	return syscall.Flock(l.fd, how)
}

// Unlock closes the file, with which the lock is given up: no child has it.
func (l *flock) Unlock() error {
	fd := l.fd
	if l.fd = -1; fd < 0 {
		return nil
	}
	return syscall.Close(fd)
}

func (l *flock) Path() string { return l.path }
