//go:build !unix || darwin

package oskeychain

import (
	"context"

	"credmint/keychain"
)

// Secrets are none.
func (c Collection) Secrets(context.Context) (map[string][]byte, error) { return nil, nil }

// Delete has nothing to remove.
func (c Collection) Delete(context.Context, string) error { return keychain.ErrUnavailable }
