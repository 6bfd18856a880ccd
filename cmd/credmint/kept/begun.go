package kept

import (
	"context"

	"credmint/keychain"
)

// begun is what a call has opened that turned out to be main's to answer; nil: there was no such call.
var begun *World

// GoOn is for the world that main puts together. It goes on with what was opened before main: the shared AWS files as they
// were read, the right to make the session, and the conversation with the keychain, whose greeting has been answered since, for
// the first question to that. What it does not answer the store is asked itself.
func (w *World) GoOn() {
	if begun == nil {
		return
	}
	w.config, w.taken, w.waited = begun.config, begun.taken, begun.waited
	if r, ok := begun.OS.(*reader); ok && r.isOpen() {
		w.OS = &continued{Store: w.OS, begun: r}
	}
}

type continued struct {
	keychain.Store
	begun *reader // nil: it is over
	next  string  // the item that will be wanted later, whatever is wanted first; empty: none is known
	asked bool    // next has been asked for
}

func (c *continued) Get(ctx context.Context, item string) (string, error) {
	if c.begun != nil {
		if value, err := c.ask(item); err == nil {
			return value, nil
		}
	}
	return c.Store.Get(ctx, item)
}

// ask asks for what is wanted first, and for next in the same steps. That one's answer waits in the conversation: until it is
// wanted, or the conversation's time is over.
func (c *continued) ask(item string) (value string, err error) {
	switch {
	case c.asked && item != c.next:
		return "", keychain.ErrUnavailable
	case c.asked:
		value, err = c.begun.answer()
	case c.next == "" || c.next == item:
		value, err = c.begun.ask(item)
	default:
		if value, err = c.begun.ask(item, c.next); err == nil {
			c.asked = true
			return value, nil
		}
	}
	c.begun.leave()
	c.begun = nil
	return value, err
}
