package main

import (
	"context"
	"fmt"
	"time"

	"credmint/helper"
)

// signer is bearer for what signs with the session, and sends nothing by which AWS could say what time it is.
//
// Where this machine's clock was wrong when the session was minted AWS is asked for the time: the clock may have been set right
// since, and a session lasts for hours. Where nobody answers it is as wrong as it was.
func (a *app) signer(ctx context.Context, name string) (*helper.Profile, helper.Session, error) {
	p, s, err := a.bearer(ctx, name)
	if err != nil || s.Ahead == 0 {
		return p, s, err
	}
	asking, cancel := context.WithTimeout(ctx, clockPatience)
	defer cancel()
	if clock, err := a.network().Clock(asking, p, a.now); err == nil {
		s.Ahead = clock.Ahead
	}
	if s.Ahead.Abs() >= clockOff {
		a.warn(fmt.Errorf("this machine's clock is %s AWS's, so this is signed for another time than it shows: set it (%s)", offBy(s.Ahead), setClock()))
	}
	return p, s, nil
}

// clockPatience is how long an answer is waited for that only confirms what is known, most often.
const clockPatience = 2 * time.Second

// signing is signer for git.
func (a *app) signing(ctx context.Context, profile string) (helper.Session, error) {
	_, s, err := a.signer(ctx, profile)
	return s, err
}

// offBy is how wrong this machine's clock is: "6 min behind".
func offBy(ahead time.Duration) string {
	off := left(ahead.Abs().Round(time.Second))
	if ahead < 0 {
		return off + " ahead of"
	}
	return off + " behind"
}
