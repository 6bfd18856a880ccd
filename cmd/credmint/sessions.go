package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"credmint/cache"
	"credmint/helper"
	"credmint/helper/prompt"
)

// sessions keeps sessions in a cache.Dir. An entry's times are the session's; its value is lines:
//
//	session 1
//	access key id
//	secret access key
//	session token
//	account id
type sessions struct {
	dir    cache.Dir
	broken error // there is no place to keep them
}

var _ helper.Store = sessions{}

// renewInterval is how often a renewal behind is tried.
const renewInterval = time.Minute

func (s sessions) Get(ctx context.Context, key helper.Key) (helper.Session, error) {
	if s.broken != nil {
		return helper.Session{}, s.broken
	}
	e, err := s.dir.Get(ctx, cache.Key(key))
	if errors.Is(err, cache.ErrMiss) {
		return helper.Session{}, fmt.Errorf("%w: %w", helper.ErrMiss, err)
	}
	if err != nil {
		return helper.Session{}, err
	}
	return sessionOf(e)
}

func (s sessions) Put(ctx context.Context, key helper.Key, session helper.Session) error {
	if s.broken != nil {
		return s.broken
	}
	lines := []string{sessionHead, session.AccessKeyID, session.SecretAccessKey, session.SessionToken, session.AccountID}
	value := strings.Join(lines, "\n")
	if strings.Count(value, "\n") != len(lines)-1 {
		return errors.New("a part of the session holds a line feed")
	}
	return s.dir.Put(ctx, cache.Key(key), cache.Entry{Value: []byte(value), Stored: session.Issued, Expires: session.Expires})
}

func (s sessions) Acquire(ctx context.Context, key helper.Key, enough func(helper.Session) bool) (helper.Session, helper.Turn, error) {
	if s.broken != nil {
		return helper.Session{}, nil, s.broken
	}
	e, lock, err := s.dir.Acquire(ctx, cache.Key(key), func(e cache.Entry) bool {
		session, err := sessionOf(e)
		return err == nil && enough(session)
	})
	var failed *cache.Failed
	switch {
	case errors.As(err, &failed):
		return helper.Session{}, nil, sharedFailure(failed.Text)
	case err != nil:
		return helper.Session{}, nil, err
	case lock != nil:
		return helper.Session{}, turn{lock}, nil
	}
	session, err := sessionOf(e)
	return session, nil, err
}

func (s sessions) Claim(key helper.Key) bool { return s.dir.Claim(cache.Key(key), renewInterval) }

const sessionHead = "session 1"

// sessionOf reads an entry back.
func sessionOf(e cache.Entry) (helper.Session, error) {
	lines := strings.Split(string(e.Value), "\n")
	if len(lines) != 5 || lines[0] != sessionHead {
		return helper.Session{}, fmt.Errorf("%w: it was written by another version", helper.ErrMiss)
	}
	return helper.Session{
		AccessKeyID: lines[1], SecretAccessKey: lines[2], SessionToken: lines[3], AccountID: lines[4],
		Issued: e.Stored, Expires: e.Expires,
	}, nil
}

// turn is the lock of an entry.
type turn struct{ lock *cache.Lock }

// End shares a failure as those who wait would have reported it: exit code, text and hint on a line each.
func (t turn) End(failure error) {
	var interrupted *prompt.Interrupted
	if errors.As(failure, &interrupted) || errors.Is(failure, context.Canceled) {
		failure = nil // who ended this process did not end theirs
	}
	if failure != nil {
		hint := strings.Join(hints(failure), "; ")
		failure = fmt.Errorf("%d\n%s\n%s", exitCode(failure), oneLine(failure.Error()), oneLine(hint))
	}
	t.lock.End(failure)
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }

// shared is another process's failure, reported as if it were ours.
type shared struct {
	code       int
	text, hint string
}

func sharedFailure(note string) error {
	lines := strings.SplitN(note, "\n", 3)
	if len(lines) != 3 {
		return &shared{code: exitFailed, text: note}
	}
	code, err := strconv.Atoi(lines[0])
	if err != nil || code <= exitDone || code >= exitSignal { // its signal is not ours
		code = exitFailed
	}
	return &shared{code, lines[1], lines[2]}
}

func (s *shared) Error() string        { return s.text + " (another process was told while this one waited)" }
func (s *shared) Is(target error) bool { return target == helper.ErrShared }

// Hint says what to type.
func (s *shared) Hint() string { return s.hint }
