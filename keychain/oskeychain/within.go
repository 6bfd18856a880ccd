//go:build !darwin

package oskeychain

import (
	"context"
	"fmt"
	"time"

	"credmint/keychain"
)

// How long one call of a store may take: where a person may have to unlock it, where none can, and where it has begun to
// answer.
const (
	unattended = 3 * time.Second
	attended   = 45 * time.Second
	busy       = 10 * time.Second
)

// within runs an operation that knows no deadline, and may panic, under one. An operation that is given up goes on by
// itself until the process ends.
func within(ctx context.Context, limit time.Duration, op func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Errorf("%w: it went away during the call", keychain.ErrUnavailable)
			}
		}()
		done <- op()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: no answer in %s", keychain.ErrTimeout, limit)
	}
}
