package kept

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"credmint/cache"
	"credmint/helper"
)

// Sessions keeps sessions in a cache.Dir. An entry's times are the session's; its value is lines:
//
//	session 1
//	access key id
//	secret access key
//	session token
//	account id
//	how far AWS's clock was ahead, where this machine's was wrong: "1h2m3s"; else there is no such line
type Sessions struct {
	Dir    cache.Dir
	broken error  // there is no place to keep them
	taken  *taken // see Acquire
}

const sessionHead = "session 1"

// Usable is nil where sessions can be kept, and else says why they cannot.
func (s Sessions) Usable() error { return s.broken }

// Get is helper.Store's.
func (s Sessions) Get(ctx context.Context, key helper.Key) (helper.Session, error) {
	if s.broken != nil {
		return helper.Session{}, s.broken
	}
	e, err := s.Dir.Get(ctx, cache.Key(key))
	if errors.Is(err, cache.ErrMiss) {
		return helper.Session{}, fmt.Errorf("%w: %w", helper.ErrMiss, err)
	}
	if err != nil {
		return helper.Session{}, err
	}
	return SessionOf(e)
}

// Put is helper.Store's.
func (s Sessions) Put(ctx context.Context, key helper.Key, session helper.Session) error {
	if s.broken != nil {
		return s.broken
	}
	lines := []string{sessionHead, session.AccessKeyID, session.SecretAccessKey, session.SessionToken, session.AccountID}
	if session.Ahead != 0 {
		lines = append(lines, session.Ahead.String())
	}
	value := strings.Join(lines, "\n")
	if strings.Count(value, "\n") != len(lines)-1 {
		return errors.New("a part of the session holds a line feed")
	}
	return s.Dir.Put(ctx, cache.Key(key), cache.Entry{Value: []byte(value), Stored: session.Issued, Expires: session.Expires})
}

// SessionOf reads an entry back.
func SessionOf(e cache.Entry) (helper.Session, error) {
	lines := strings.Split(string(e.Value), "\n")
	var ahead time.Duration
	var err error
	if len(lines) == 6 {
		ahead, err = time.ParseDuration(lines[5])
	}
	if len(lines) != 5 && len(lines) != 6 || lines[0] != sessionHead || err != nil {
		return helper.Session{}, fmt.Errorf("%w: it was written by another version", helper.ErrMiss)
	}
	return helper.Session{
		AccessKeyID: lines[1], SecretAccessKey: lines[2], SessionToken: lines[3], AccountID: lines[4],
		Issued: e.Stored, Expires: e.Expires, Ahead: ahead,
	}, nil
}
