//go:build unix && !darwin

package kept

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"credmint/keychain"
	"credmint/keychain/secretservice"
)

// reader is the desktop's Secret Service for those who only read, and only what nobody has to be asked for.
func reader() keychain.Store { return secretService{} }

type secretService struct{}

var errReadOnly = errors.New("this store is for reading")

// patience bounds the wait for each answer of the keychain's, and busy the whole question, from when it is asked: one that
// answers slowly has many to answer, and is not helped by being asked anew. Main, which does so, waits longer.
const (
	patience = time.Second
	busy     = 3 * time.Second
)

// Get returns an item's value. What went wrong is for main to find out.
func (secretService) Get(ctx context.Context, item string) (string, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(busy)
	}
	value, err := secretservice.Read(deadline, patience, secretservice.Address(os.Getenv), keychain.Service, item)
	if err != nil {
		return "", fmt.Errorf("%w: %w", keychain.ErrUnavailable, err)
	}
	return value, nil
}

func (secretService) Set(context.Context, string, string) error { return errReadOnly }
func (secretService) Delete(context.Context, string) error      { return errReadOnly }
func (secretService) Limit() int                                { return 0 }
