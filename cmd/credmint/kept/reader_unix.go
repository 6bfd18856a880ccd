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

const readsKeychain = true

// reader is the desktop's Secret Service for those who only read, and only what nobody has to be asked for.
type reader struct {
	greeted *secretservice.Conversation // nil: none has begun
}

var errReadOnly = errors.New("this store is for reading")

// patience bounds the wait for each answer of the keychain's, and busy the whole conversation: one that answers slowly has
// many to answer, and is not helped by being asked anew. Main, which does so, waits longer.
const (
	patience = time.Second
	busy     = 3 * time.Second
)

// greet begins the conversation. Where that fails Get has no answer.
func (r *reader) greet() {
	if r.greeted == nil {
		r.greeted, _ = secretservice.Greet(time.Now().Add(busy), patience, secretservice.Address(os.Getenv))
	}
}

// isOpen reports whether it has begun and is not over.
func (r *reader) isOpen() bool { return r.greeted != nil }

// leave ends it.
func (r *reader) leave() {
	if r.greeted != nil {
		r.greeted.Close()
		r.greeted = nil
	}
}

// Get returns an item's value. What went wrong is for main to find out.
func (r *reader) Get(_ context.Context, item string) (string, error) {
	defer r.leave()
	return r.ask(item)
}

// ask returns the first item's value. The others' are had by answer, in their order.
func (r *reader) ask(items ...string) (string, error) {
	r.greet()
	if r.greeted == nil {
		return "", keychain.ErrUnavailable
	}
	if err := r.greeted.Ask(keychain.Service, items...); err != nil {
		return "", fmt.Errorf("%w: %w", keychain.ErrUnavailable, err)
	}
	return r.answer()
}

func (r *reader) answer() (string, error) {
	value, err := r.greeted.Answer()
	if err != nil {
		return "", fmt.Errorf("%w: %w", keychain.ErrUnavailable, err)
	}
	return value, nil
}

func (*reader) Set(context.Context, string, string) error { return errReadOnly }
func (*reader) Delete(context.Context, string) error      { return errReadOnly }
func (*reader) Limit() int                                { return 0 }
