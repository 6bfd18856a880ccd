package kept

import (
	"context"
	"errors"
	"io"
	"time"

	"credmint/cache"
	"credmint/keychain"
)

// openingKey is the key that sessions were sealed with, as the keychain has it, or the kernel, where a person lends it that.
func (w *World) openingKey(ctx context.Context, id cache.KeyID) ([]byte, error) {
	return w.borrow(ctx, func(key []byte) bool { return cache.IDOf(key) == id })
}

// sealingKey reads the key that sessions are sealed with from the keychain, whatever the kernel has, and on a clean
// not-found makes it if it may: the keychain sees to it that one process does.
func (w *World) sealingKey(ctx context.Context, create bool) ([]byte, error) {
	key, err := w.borrow(ctx, nil)
	if !create || !errors.Is(err, keychain.ErrNotFound) {
		return key, err
	}
	err = w.keychain.Update(ctx, sealingItem, func(old []byte) ([]byte, map[string]string, error) {
		if old == nil {
			old = make([]byte, cache.KeySize)
			if _, err := io.ReadFull(w.Random, old); err != nil {
				return nil, nil, err
			}
		}
		key = old
		return old, nil, nil
	})
	if err == nil {
		w.sealing = key
	}
	return key, err
}

// AskAhead begins to ask for the key of the sessions, for a caller that will have one to seal as soon as AWS has answered:
// the two answer at the same time then. Where a conversation goes on it is asked for there, beside the first question, which
// is most often for the user's key. Else it asks in a conversation of its own, as a hit does. Neither asks a person; where that
// gives no key, it is asked for once more when it is needed.
func (w *World) AskAhead() {
	if !readsKeychain || w.sealing != nil || w.ahead != nil {
		return
	}
	if c, ok := w.OS.(*continued); ok && c.begun != nil && !c.asked {
		c.next = sealingItem
		return
	}
	hit := World{Getenv: w.Getenv, Now: w.Now, OS: &reader{}, Choice: w.Choice}
	ahead := make(chan []byte, 1)
	w.ahead = ahead
	go func() {
		key, _ := hit.borrow(context.Background(), nil)
		ahead <- key
	}()
}

// borrow remembers what the keychain said, and asks it once.
func (w *World) borrow(ctx context.Context, good func(key []byte) bool) ([]byte, error) {
	if w.sealing == nil && w.ahead != nil {
		w.sealing, w.ahead = <-w.ahead, nil
	}
	if w.sealing != nil {
		return w.sealing, nil
	}
	k, err := w.Keychain()
	if err != nil {
		return nil, err
	}
	key, lent, err := k.Borrow(ctx, sealingItem, good)
	if err == nil && !lent {
		w.sealing = key
	}
	return key, err
}

// Lent says for how long the kernel is lent the key of the sessions, zero where it is not, and whether it has it now.
func (w *World) Lent() (life time.Duration, now bool, err error) {
	k, err := w.Keychain()
	if err != nil {
		return 0, false, err
	}
	life, now = k.Lent(sealingItem)
	return life, now, nil
}

// TakeBack has the kernel forget the key of the sessions.
func (w *World) TakeBack() error {
	k, err := w.Keychain()
	if err != nil {
		return err
	}
	return k.TakeBack(sealingItem)
}
