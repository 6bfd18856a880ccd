package mint

import (
	"context"
	"errors"

	"credmint/helper"
)

// Base answers for the session that another is made with, and with another one where AWS takes the first no longer. It is
// helper.Reuse.
type Base interface {
	helper.Source
	Instead(ctx context.Context, p *helper.Profile, refused helper.Session) (helper.Session, error)
}

// madeWith makes something with the session of p, and once more with another session where AWS refused that one itself,
// and not what was asked for with it.
func madeWith[T any](ctx context.Context, base Base, p *helper.Profile, refused func(error) bool, use func(helper.Session) (T, error)) (T, error) {
	var none T
	s, err := base.Session(ctx, p)
	if err != nil {
		return none, err
	}
	made, err := use(s)
	if !refused(err) {
		return made, err
	}
	if s, err = base.Instead(ctx, p, s); err != nil {
		return none, err
	}
	return use(s)
}

// sessionOver recognises the refusal of a session whose time is up at AWS, whatever this machine's clock says.
func sessionOver(err error) bool {
	var refused *Error
	return errors.As(err, &refused) && (refused.Code == "ExpiredToken" || refused.Code == "ExpiredTokenException")
}
