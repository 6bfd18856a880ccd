package serve

import (
	"context"
	"errors"
	"sync"
	"time"

	"credmint/helper"
)

// botocore gives an answer two seconds, and asks three times.
const patience = 1500 * time.Millisecond

// How long Source is left alone after it was asked and had nothing better than there is: when a session is needed soon, and
// when it is good for a while.
const (
	pause     = 5 * time.Second
	longPause = time.Minute
)

// errMinting says that there will be a session in a moment.
var errMinting = errors.New("a session is being made: ask again in a second")

// slot is a profile's session.
type slot struct {
	helper.Unwritten

	source  helper.Source
	profile *helper.Profile
	now     func() time.Time

	mu      sync.Mutex
	session helper.Session // the last one that Source gave
	failure error          // of Source, when it was last asked
	asked   time.Time      // when it last answered
	running chan struct{}  // closed when it has answered; nil: it is not being asked
}

// answer returns the session. One that is due is renewed first, if that can be done while an SDK waits; else it is served
// as long as it is valid, and the renewal goes on. caller ends the waiting only.
func (s *slot) answer(ctx, caller context.Context) (helper.Session, error) {
	if running := s.renew(ctx); running != nil {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case <-running:
		case <-timer.C:
		case <-caller.Done():
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.session.ValidAt(s.now()):
		return s.session, nil
	case s.failure != nil && s.running == nil: // else it may be about to be over
		return helper.Session{}, s.failure
	}
	return helper.Session{}, errMinting
}

// renew has Source asked behind the caller, if it is time for that. What it returns is closed when Source has answered; it
// is nil where there is nothing to wait for.
func (s *slot) renew(ctx context.Context) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	due, wait := true, pause
	switch {
	case !s.session.ValidAt(now):
		if s.failure == nil {
			wait = 0
		}
	case s.session.Expires.IsZero():
		return nil
	case helper.Due(s.session, now):
	case helper.NearEnd(s.session, now):
		due, wait = false, longPause
	default:
		return nil
	}
	if s.running == nil && now.Sub(s.asked) >= wait {
		s.running = make(chan struct{})
		go s.ask(ctx, s.running)
	}
	if !due {
		return nil
	}
	return s.running
}

func (s *slot) ask(ctx context.Context, done chan struct{}) {
	session, err := s.source.Session(ctx, s.profile)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.session = session
	}
	s.failure, s.asked, s.running = err, s.now(), nil
	close(done)
}
