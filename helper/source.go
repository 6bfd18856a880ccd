package helper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// Source answers for a profile with a session. A session it returns is valid when it is returned.
type Source interface {
	Session(ctx context.Context, p *Profile) (Session, error)
}

// Store keeps sessions between runs and lets one process at a time mint each of them.
type Store interface {
	// Get returns the session kept under key. No session, or none that can be read, is an error that wraps ErrMiss;
	// any other error says that the place cannot be used at all now (a locked keychain, say).
	Get(ctx context.Context, key Key) (Session, error)

	// Put keeps a session until it expires. On error what was kept before still is.
	Put(ctx context.Context, key Key, s Session) error

	// Acquire waits until this process may mint key, or until another has: then it returns that session with a nil
	// Turn. A failure that another process shared while we waited is returned as an error wrapping ErrShared; any
	// other error says that no turn could be had, and minting without one is better than not minting.
	Acquire(ctx context.Context, key Key, enough func(Session) bool) (Session, Turn, error)

	// Claim reports whether the caller is the first in a while to want key renewed behind.
	Claim(key Key) bool
}

// Turn is the right to mint one session, held against all other processes.
type Turn interface {
	// End gives the turn up. A failure that is not nil is shared with those who waited, so that they do not ask a
	// person, or AWS, the same thing again.
	End(failure error)

	// Drop forgets what is kept of the session. The turn goes on.
	Drop() error
}

var (
	// ErrMiss says that no session is kept, or none that can be used.
	ErrMiss = errors.New("no session is kept")

	// ErrShared says that the process we waited for could not mint, and that we should not try either.
	ErrShared = errors.New("another process could not mint this session")

	// ErrBusy says that the caller had no turn to mint a session that only one process may mint at a time.
	ErrBusy = errors.New("one process at a time does this")
)

// Reuse answers from Store while the kept session stays fresh, and asks Next otherwise. Processes that want one session
// at the same time mint it once: the others wait, then read.
//
// A fault in the store costs a warning, never a session; a session that is still valid is served when Next fails.
type Reuse struct {
	Store Store
	Next  Source
	Now   func() time.Time
	Warn  func(error)

	// Renew starts a renewal of the profile's session behind the caller's back and returns at once; nil: none is
	// started, and a session is renewed only when it is due.
	Renew func(*Profile)

	// Unattended reports whether nobody has to be asked for a profile that is Attended after all, since what a person
	// would be asked for is kept; nil: it never is.
	Unattended func(*Profile) bool

	// Since, where it is not zero, makes the kept session enough only if it was minted after that time: it is how a
	// renewal behind renews what is still good enough to be served.
	Since time.Time

	refused string // the token of a session that AWS takes no longer
}

var _ Source = (*Reuse)(nil)

// Session returns the kept session or a new one.
func (r *Reuse) Session(ctx context.Context, p *Profile) (Session, error) {
	if !p.Kind.Kept() {
		return r.Next.Session(ctx, p)
	}
	key := p.Key()
	kept, err := r.Store.Get(ctx, key)
	if err == nil && r.enough(kept) {
		if r.Renew != nil && NearEnd(kept, r.Now()) && r.unattended(p) && r.Store.Claim(key) {
			r.Renew(p)
		}
		return kept, nil
	}
	s, fault, failure := r.mint(ctx, p, key, kept)
	if fault == nil && err != nil && !errors.Is(err, fs.ErrNotExist) {
		fault = err
	}
	if failure == nil && fault != nil {
		r.Warn(fault) // not beside a failure, which has the same cause more often than not
	}
	return s, failure
}

// Instead answers with another session than refused, which AWS takes no longer although its time is not up: somebody has
// ended it there. It is dropped, and of any number of processes that were refused the same session one mints another.
func (r *Reuse) Instead(ctx context.Context, p *Profile, refused Session) (Session, error) {
	other := *r
	other.refused = refused.SessionToken
	return other.Session(ctx, p)
}

// mint waits for its turn, looks again, and asks Next. kept may be the zero Session, or one due but still valid. A fault is the
// last one of the store's that did not matter: where no session can be kept there is most often no lock either, and one
// line says it.
func (r *Reuse) mint(ctx context.Context, p *Profile, key Key, kept Session) (s Session, fault, failure error) {
	minted, turn, err := r.Store.Acquire(ctx, key, r.enough)
	switch {
	case err == nil && turn == nil:
		return minted, nil, nil
	case errors.Is(err, ErrShared):
		failure = err
	case err != nil && p.Kind.OncePerTurn():
		failure = fmt.Errorf("profile %q: %w: %w", p.Name, ErrBusy, err)
	case err != nil && ctx.Err() != nil:
		failure = fmt.Errorf("profile %q: %w", p.Name, context.Cause(ctx))
	case err == nil && r.refused != "":
		if err := turn.Drop(); err != nil {
			r.Warn(fmt.Errorf("profile %q: drop a session that AWS takes no longer: %w", p.Name, err))
		}
	}
	if failure == nil {
		fault = err
		s, failure = r.next(ctx, p, kept)
	}
	if failure == nil && !s.Expires.IsZero() { // what does not end is no session: nobody would ever look at its key again
		if e := r.Store.Put(ctx, key, s); e != nil {
			fault = fmt.Errorf("profile %q: the session is not kept: %w", p.Name, e)
		}
	}
	if turn != nil {
		turn.End(failure)
	}
	if failure != nil {
		s, failure = r.serveKept(p, kept, failure)
	}
	return s, fault, failure
}

// Patience is how long Next may take while there is a session to be served that is still valid, and nobody is asked for any
// link of the chain.
const Patience = 5 * time.Second

// errSlow is the end of Patience.
var errSlow = errors.New("no new session in five seconds")

// next asks Next. Whoever waits has a caller who waits, too: for what is there already that is not as long as for what is
// not.
func (r *Reuse) next(ctx context.Context, p *Profile, kept Session) (Session, error) {
	if r.mayServe(kept) && !slices.ContainsFunc(p.Links(), func(link *Profile) bool { return !r.unattended(link) }) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, Patience, errSlow)
		defer cancel()
	}
	s, err := r.Next.Session(ctx, p)
	if err != nil && errors.Is(context.Cause(ctx), errSlow) {
		err = fmt.Errorf("profile %q: %w", p.Name, errSlow)
	}
	return s, err
}

// mayServe reports whether a session that is due is better than none.
func (r *Reuse) mayServe(kept Session) bool {
	return r.Since.IsZero() && kept.ValidAt(r.Now()) && !r.isRefused(kept)
}

// serveKept prefers a session that is due but still valid to an error.
func (r *Reuse) serveKept(p *Profile, kept Session, err error) (Session, error) {
	if !r.mayServe(kept) {
		return Session{}, err
	}
	r.Warn(fmt.Errorf("profile %q: serving the session that ends in %s: %w",
		p.Name, kept.Expires.Sub(r.Now()).Round(time.Second), err))
	return kept, nil
}

// enough reports whether a kept session is served as it is.
func (r *Reuse) enough(s Session) bool {
	return !Due(s, r.Now()) && s.Issued.After(r.Since) && !r.isRefused(s)
}

// unattended reports whether a link can be minted with no person there.
func (r *Reuse) unattended(p *Profile) bool {
	return !p.Attended() || r.Unattended != nil && r.Unattended(p)
}

func (r *Reuse) isRefused(s Session) bool { return r.refused != "" && s.SessionToken == r.refused }

// Due reports whether callers would soon ask again for what they were just given, so that a fresh session should be
// minted first. botocore runs a credential_process on every request when fewer than 15 minutes are left, the JavaScript
// SDK when fewer than 5 are.
func Due(s Session, now time.Time) bool { return now.After(FreshUntil(s)) }

// FreshUntil is when a session becomes due.
func FreshUntil(s Session) time.Time { return s.Expires.Add(-margin(s.Expires.Sub(s.Issued))) }

// NearEnd reports whether a session that is not due is near enough its end to be renewed behind the caller's back, if that
// can be done with no person there.
func NearEnd(s Session, now time.Time) bool {
	life := s.Expires.Sub(s.Issued)
	return s.Expires.Sub(now) < max(life/4, margin(life)+life/12)
}

func margin(life time.Duration) time.Duration {
	if life > 20*time.Minute {
		return 15 * time.Minute
	}
	return 5 * time.Minute
}
