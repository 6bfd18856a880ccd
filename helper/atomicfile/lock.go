package atomicfile

import (
	"context"
	"time"
)

// Lock is held against every other process, and every other holder in this one. The kernel gives it up when the process dies.
// Package filelock has it.
type Lock interface {
	Lock() error // waits as long as it takes
	TryLock() (held bool, err error)
	TryLockContext(ctx context.Context, retry time.Duration) (held bool, err error)
	Unlock() error
	Path() string
}
