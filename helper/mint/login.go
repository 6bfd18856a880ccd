package mint

import (
	"context"
	"errors"
	"fmt"
	"time"

	"credmint/helper"
)

// Login mints for people who sign in to the console, as `aws login` does: with the refresh token of the last sign-in, else
// it takes over the credentials that AWS's CLI has, else a person signs in. AWS gives fifteen minutes at a time, for
// twelve hours at most.
//
// Nobody refreshes without a turn (see helper.Kind.OncePerTurn), and a refresh token's successor is in the keychain before
// anybody sees the credentials that came with it; where it cannot be kept, Warn is told.
type Login struct {
	Secrets Secrets
	CLI     LoginCache
	Person  Person // nil: nobody may be asked
	For     string // the profile that somebody wants to be, for the person to read
	Anew    bool   // a person wants to sign in, whatever else there is
	Now     func() time.Time
	Warn    func(error)

	Network *Network
}

var _ helper.Source = (*Login)(nil)

// Session mints for a profile of kind helper.Login.
func (m *Login) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	if p.Identity() == "" {
		return helper.Session{}, fmt.Errorf("profile %q: it does not say who signs in", p.Name)
	}
	if m.Anew && m.Person != nil {
		return m.signInAs(ctx, p)
	}
	s, err := m.refresh(ctx, p)
	var needed *SignInNeeded
	if !errors.As(err, &needed) {
		return s, err
	}
	s, found, err := m.CLI.Session(p.Identity(), m.Now())
	if err != nil {
		m.Warn(fmt.Errorf("profile %q: %w", p.Name, err))
	}
	if found {
		return s, nil
	}
	if m.Person == nil {
		return helper.Session{}, needed
	}
	return m.signInAs(ctx, p)
}

// refresh spends the refresh token. Where there is none, or AWS takes it no longer, the error is a *SignInNeeded.
func (m *Login) refresh(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	record, err := m.kept(ctx, p)
	if err != nil {
		return helper.Session{}, err
	}
	if record.RefreshToken == "" {
		return helper.Session{}, &SignInNeeded{Link: p, Why: record.why()}
	}
	key, err := record.key()
	if err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: %w", p.Name, err)
	}
	sent := record
	sent.rotation = record.sent(m.Now())
	if err := m.swap(ctx, p, record.RefreshToken, sent); err != nil {
		return helper.Session{}, err // what cannot be stored now could not be stored afterwards
	}
	there := *p
	there.Client.Region = record.Region
	answer, err := m.createToken(ctx, &there, key, loginGrant{
		ClientID: record.ClientID, GrantType: "refresh_token", RefreshToken: record.RefreshToken,
	})
	if err != nil {
		return m.refused(ctx, p, record, err)
	}
	next := record
	next.rotation = record.followed(answer.refreshToken)
	unkept(p, m.swap(context.WithoutCancel(ctx), p, record.RefreshToken, next), m.Warn)
	answer.session.AccountID = helper.AccountOf(record.ARN)
	return answer.session, nil
}

// refused tells a refusal that ends the sign-in from all other errors, and notes it. Where another process has put its
// successor in its place meanwhile (one with a cache, and so with locks, elsewhere) that is what counts.
func (m *Login) refused(ctx context.Context, p *helper.Profile, record loginRecord, err error) (helper.Session, error) {
	var refused *Error
	if !errors.As(err, &refused) || !refused.endsLogin() {
		return helper.Session{}, err
	}
	ended := loginRecord{rotation: record.ended(refused.Code), ARN: record.ARN}
	switch err := m.swap(context.WithoutCancel(ctx), p, record.RefreshToken, ended); {
	case errors.Is(err, errReplaced):
		return m.refresh(ctx, p)
	case err != nil:
		m.Warn(err)
	}
	return helper.Session{}, &SignInNeeded{Link: p, Why: ended.why()}
}

// endsLogin recognises the refusals after which a refresh token is worth nothing.
func (e *Error) endsLogin() bool {
	switch e.Code {
	case "TOKEN_EXPIRED", "USER_CREDENTIALS_CHANGED", "invalid_grant":
		return true
	}
	return false
}
