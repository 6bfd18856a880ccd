package kept

import (
	"context"

	"credmint/keychain"
)

// begun is what a call that turned out to be main's to answer has said to the keychain; nil: there was no such call.
var begun *reader

// Begun is a store whose first question is asked in the conversation that was begun before main, where there is one: its
// greeting has been answered since. What that does not answer the store is asked itself.
func Begun(store keychain.Store) keychain.Store {
	if begun == nil || !begun.isOpen() {
		return store
	}
	return &continued{store, begun}
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
