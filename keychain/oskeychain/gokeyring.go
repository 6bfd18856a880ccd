//go:build !darwin

package oskeychain

import (
	"context"
	"errors"

	"github.com/zalando/go-keyring"

	"credmint/keychain"
)

// service is the name under which the OS keychain shows what is credmint's.
const service = keychain.Service

// osStore is the platform's keychain by way of go-keyring. What differs between platforms is in the fields.
type osStore struct {
	limit int

	// ready says whether the keychain can be asked at all, with no side effect.
	ready func() error

	// quick reads an item without asking anybody; done is false where go-keyring must be asked.
	quick func(ctx context.Context, item string) (value string, done bool, err error)

	// attended reports whether a person can be asked to unlock it.
	attended func() bool

	// explain sorts go-keyring's errors.
	explain func(error) error
}

var _ keychain.Store = (*osStore)(nil)

func (s *osStore) Limit() int { return s.limit }

func (s *osStore) Get(ctx context.Context, item string) (string, error) {
	if err := s.ready(); err != nil {
		return "", err
	}
	if s.quick != nil {
		if value, done, err := s.quick(ctx, item); done {
			return value, err
		}
	}
	var value string
	err := s.ask(ctx, func() (err error) {
		value, err = keyring.Get(service, item)
		return err
	})
	if err != nil {
		return "", err // and not value, which a call that was given up may still write
	}
	return value, nil
}

func (s *osStore) Set(ctx context.Context, item, value string) error {
	return s.ask(ctx, func() error { return keyring.Set(service, item, value) })
}

func (s *osStore) Delete(ctx context.Context, item string) error {
	return s.ask(ctx, func() error { return keyring.Delete(service, item) })
}

// ask calls go-keyring, under a deadline, and only where it has somebody to call.
func (s *osStore) ask(ctx context.Context, op func() error) error {
	if err := s.ready(); err != nil {
		return err
	}
	limit := unattended
	if s.attended() {
		limit = attended
	}
	err := within(ctx, limit, op)
	switch {
	case err == nil, errors.Is(err, keychain.ErrTimeout), errors.Is(err, keychain.ErrUnavailable):
		return err
	case errors.Is(err, keyring.ErrNotFound):
		return keychain.ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return keychain.ErrTooBig
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		return keychain.ErrUnavailable
	}
	return s.explain(err)
}
