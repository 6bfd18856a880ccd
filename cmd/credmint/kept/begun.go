package kept

import (
	"context"

	"credmint/keychain"
)

// begun is what a call has opened that turned out to be main's to answer; nil: there was no such call.
var begun *World

// GoOn is for the world that main puts together. It goes on with what was opened before main: the shared AWS files as they
// were read, and the conversation with the keychain, whose greeting has been answered since, for the first question to
// that. What it does not answer the store is asked itself.
func (w *World) GoOn() {
	if begun == nil {
		return
	}
	w.config = begun.config
	if r, ok := begun.OS.(*reader); ok && r.isOpen() {
		w.OS = &continued{w.OS, r}
	}
}

type continued struct {
	keychain.Store
	begun *reader // nil: it is over
}

func (c *continued) Get(ctx context.Context, item string) (string, error) {
	if r := c.begun; r != nil {
		c.begun = nil
		if value, err := r.Get(ctx, item); err == nil {
			return value, nil
		}
	}
	return c.Store.Get(ctx, item)
}
