package mint

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/signin/types"

	"credmint/helper"
)

// Login mints for people who sign in to the console, as `aws login` does: with the refresh token of the last sign-in, else
// it takes over the credentials that AWS's CLI has, else a person signs in. AWS gives fifteen minutes at a time, for
// twelve hours at most.
//
// Nobody refreshes without a turn (see helper.Kind.OncePerTurn), and a refresh token's successor is in the keychain before
// anybody sees the credentials that came with it.
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
	answer, err := m.createToken(ctx, &there, key, &types.CreateOAuth2TokenRequestBody{
		ClientId: aws.String(record.ClientID), GrantType: aws.String("refresh_token"), RefreshToken: aws.String(record.RefreshToken),
	})
	if err != nil {
		return helper.Session{}, m.refused(ctx, p, record, err)
	}
	next := record
	next.rotation = record.followed(answer.refreshToken)
	if err := m.swap(context.WithoutCancel(ctx), p, record.RefreshToken, next); err != nil && !errors.Is(err, errReplaced) {
		m.Warn(err) // the credentials are good all the same, for as long as they last
	}
	answer.session.AccountID = helper.AccountOf(record.ARN)
	return answer.session, nil
}

// refused tells a refusal that ends the sign-in from all other errors, and notes it.
func (m *Login) refused(ctx context.Context, p *helper.Profile, record loginRecord, err error) error {
	var refused *Error
	if !errors.As(err, &refused) || !refused.endsLogin() {
		return err
	}
	ended := loginRecord{rotation: record.ended(refused.Code), ARN: record.ARN}
	if err := m.swap(context.WithoutCancel(ctx), p, record.RefreshToken, ended); err != nil && !errors.Is(err, errReplaced) {
		m.Warn(err)
	}
	return &SignInNeeded{Link: p, Why: ended.why()}
}

// endsLogin recognises the refusals after which a refresh token is worth nothing.
func (e *Error) endsLogin() bool {
	switch e.Code {
	case "TOKEN_EXPIRED", "USER_CREDENTIALS_CHANGED", "invalid_grant":
		return true
	}
	return false
}
