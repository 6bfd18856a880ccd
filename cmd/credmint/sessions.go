package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"credmint/cache"
	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/forge"
	"credmint/helper/mint"
	"credmint/helper/prompt"
)

// sessions is what is kept, and the right to make more of it.
type sessions struct {
	kept.Sessions
	askAhead func()           // begins to ask for the key that a new session will be sealed with
	waiting  func(helper.Key) // tells a person that another process is at it; nil: nobody is there to be told
}

var _ helper.Store = sessions{}

// noticeAfter is how long a person may wonder what it is that takes so long.
const noticeAfter = 2 * time.Second

// renewInterval is how often a renewal behind is tried.
const renewInterval = time.Minute

func (s sessions) Acquire(ctx context.Context, key helper.Key, enough func(helper.Session) bool) (helper.Session, helper.Turn, error) {
	if err := s.Usable(); err != nil {
		return helper.Session{}, nil, err
	}
	if s.waiting != nil {
		defer time.AfterFunc(noticeAfter, func() { s.waiting(key) }).Stop()
	}
	e, lock, err := s.Sessions.Acquire(ctx, cache.Key(key), func(e cache.Entry) bool {
		session, err := kept.SessionOf(e)
		return err == nil && enough(session)
	})
	var failed *cache.Failed
	switch {
	case errors.As(err, &failed):
		return helper.Session{}, nil, sharedFailure(failed.Text)
	case err != nil:
		return helper.Session{}, nil, err
	case lock != nil:
		s.askAhead()
		return helper.Session{}, turn{lock}, nil
	}
	session, err := kept.SessionOf(e)
	return session, nil, err
}

// of is what is kept of what is made with a profile's session, and goes when that is dropped.
func (s sessions) of(source *helper.Profile) sessions {
	s.Dir = s.Dir.MadeFrom(cache.Key(source.Key()))
	return s
}

// drop forgets a link of a chain, and what was made with it. It returns how many entries that were.
func (s sessions) drop(link *helper.Profile) (int, error) {
	n, err := s.Dir.Delete(cache.Key(link.Key()))
	if err != nil {
		err = fmt.Errorf("profile %q: drop its session: %w", link.Name, err)
	}
	return n, err
}

// madeWith answers for links that are made with the session of their source, and are no session of AWS's themselves.
// source makes one such link's source.
func (a *app) madeWith(ctx context.Context, link *helper.Profile, source func(base helper.Source) helper.Source) (helper.Session, error) {
	if err := a.allowed(link); err != nil {
		return helper.Session{}, err
	}
	base := a.source(link.Name)
	r := *base
	r.Store, r.Renew, r.Next = a.sessions().of(link.Source), nil, a.watched(link.Name, source(base))
	return r.Session(ctx, link)
}

func (s sessions) Claim(key helper.Key) bool { return s.Dir.Claim(cache.Key(key), renewInterval) }

// turn is the lock of an entry.
type turn struct{ lock *cache.Lock }

// Drop forgets what is kept.
func (t turn) Drop() error { return t.lock.Drop() }

// End shares a failure as those who wait would have reported it: exit code, text and hint on a line each.
func (t turn) End(failure error) {
	var interrupted *prompt.Interrupted
	if errors.As(failure, &interrupted) || errors.Is(failure, context.Canceled) {
		failure = nil // who ended this process did not end theirs
	}
	var needed *mint.SignInNeeded
	if errors.As(failure, &needed) {
		failure = nil // whether a browser may be opened is for each of them to say
	}
	var forgeNeeded *forge.SignInNeeded
	if errors.As(failure, &forgeNeeded) {
		failure = nil
	}
	if failure != nil {
		hint := strings.Join(hints(failure), "; ")
		failure = fmt.Errorf("%d\n%s\n%s", exitCode(failure), oneLine(failure.Error()), oneLine(hint))
	}
	t.lock.End(failure)
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }

// reported is a failure as another process of ours reported it.
type reported struct {
	code       int
	text, hint string
}

func (r *reported) Error() string { return r.text }

// Hint says what to type.
func (r *reported) Hint() string { return r.hint }

// shared is the failure of a process that we waited for, reported as if it were ours.
type shared struct{ reported }

func sharedFailure(note string) error {
	lines := strings.SplitN(note, "\n", 3)
	if len(lines) != 3 {
		return &shared{reported{code: exitFailed, text: note}}
	}
	code, err := strconv.Atoi(lines[0])
	if err != nil || code <= exitDone || code >= exitSignal { // its signal is not ours
		code = exitFailed
	}
	return &shared{reported{code, lines[1], lines[2]}}
}

func (s *shared) Error() string        { return s.text + " (another process was told while this one waited)" }
func (s *shared) Is(target error) bool { return target == helper.ErrShared }
