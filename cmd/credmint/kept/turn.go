package kept

import (
	"context"
	"errors"
	"time"

	"credmint/cache"
	"credmint/helper"
)

// taken is what came of waiting for the right to make an entry, where main goes on with that.
type taken struct {
	key  cache.Key
	lock *cache.Lock
	err  error
}

// inLine gets in line with those who want the same session made, in which nobody waits who is the first. Most of a herd is
// answered from here: for a process that waits, the rest of the program is neither initialised nor cleared away again. Whoever
// has to make the session leaves that to main, with the lock; and so does who has waited in vain, with the reason.
func (w *World) inLine(ctx context.Context, key cache.Key) (helper.Session, error) {
	dir := w.Sessions().Dir
	if dir.NewLock = newFlock; dir.NewLock == nil || w.waited > 0 {
		return helper.Session{}, errMain
	}
	began := time.Now()
	e, lock, err := dir.Acquire(ctx, key, func(e cache.Entry) bool {
		s, err := SessionOf(e)
		return err == nil && !helper.Due(s, w.Now())
	})
	if err == nil && lock == nil {
		return SessionOf(e)
	}
	w.waited = time.Since(began)
	var failed *cache.Failed
	if err == nil || errors.As(err, &failed) || errors.Is(err, cache.ErrBusy) {
		w.taken = taken{key, lock, err}
	}
	return helper.Session{}, errMain
}

// Acquire is cache.Dir's, or what was acquired of the same entry before main.
func (s Sessions) Acquire(ctx context.Context, key cache.Key, enough func(cache.Entry) bool) (cache.Entry, *cache.Lock, error) {
	if t := s.taken; t != nil && t.key == key && (t.lock != nil || t.err != nil) {
		lock, err := t.lock, t.err
		*t = taken{}
		return cache.Entry{}, lock, err
	}
	return s.Dir.Acquire(ctx, key, enough)
}

// Waited is how long the caller has been kept waiting for another process before main.
func (w *World) Waited() time.Duration { return w.waited }
