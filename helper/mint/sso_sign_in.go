package mint

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"credmint/helper"
)

// SSOSignIn mints the token of a sign-in to IAM Identity Center: with the refresh token of the last one, else it takes
// over the one that AWS's CLI has, else a person signs in.
//
// A refresh token may work once, and its successor comes with the answer. So nobody refreshes without a turn (see
// helper.Kind.OncePerTurn), and the successor is in the keychain before anybody sees the token that came with it; where it
// cannot be kept, Warn is told.
type SSOSignIn struct {
	Secrets Secrets
	CLI     CLICache
	Person  Person // nil: nobody may be asked
	For     string // the profile that somebody wants to be, for the person to read
	Anew    bool   // a person wants to sign in, whatever else there is
	Now     func() time.Time
	Warn    func(error)
	Pause   func(context.Context, time.Duration) error // between two polls

	Network *Network
}

var _ helper.Source = (*SSOSignIn)(nil)

// Session mints for a link of kind helper.SSOSignIn.
func (m *SSOSignIn) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	if _, ok := p.Inputs.(*helper.SSOSession); !ok {
		return helper.Session{}, fmt.Errorf("profile %q: it is no sign-in", p.Name)
	}
	if m.Anew && m.Person != nil {
		return m.signIn(ctx, p)
	}
	s, err := m.refresh(ctx, p)
	var needed *SignInNeeded
	if !errors.As(err, &needed) {
		return s, err
	}
	if s, found, err := m.fromCLI(ctx, p); found || err != nil {
		return s, err
	}
	if m.Person == nil {
		return helper.Session{}, needed
	}
	return m.signIn(ctx, p)
}

// refresh spends the refresh token. Where there is none, or AWS takes it no longer, the error is a *SignInNeeded.
func (m *SSOSignIn) refresh(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	record, err := m.send(ctx, p)
	if err != nil {
		return helper.Session{}, err
	}
	// A caller that gives up does not stop what has begun: the answer would be lost, and the sign-in with it.
	ctx = context.WithoutCancel(ctx)
	out, err := m.Network.createToken(ctx, p, oidcGrant{
		ClientID: record.ClientID, ClientSecret: record.ClientSecret, GrantType: "refresh_token", RefreshToken: record.RefreshToken,
	}, nil)
	if signInEnded(err) {
		return m.ended(ctx, p, record, codeOf(err))
	}
	if err != nil {
		return helper.Session{}, err
	}
	next, s, err := m.followed(p, record, out)
	if err != nil {
		return helper.Session{}, err
	}
	unkept(p, m.swap(ctx, p, record.RefreshToken, next), m.Warn)
	return s, nil
}

// ended notes that AWS takes the refresh token no longer, and why. Where another process has put its successor in its
// place meanwhile (one with a cache, and so with locks, elsewhere) that is what counts.
func (m *SSOSignIn) ended(ctx context.Context, p *helper.Profile, record ssoRecord, code string) (helper.Session, error) {
	ended := ssoRecord{rotation: record.ended(code)}
	switch err := m.swap(ctx, p, record.RefreshToken, ended); {
	case errors.Is(err, errReplaced):
		return m.refresh(ctx, p)
	case err != nil:
		m.Warn(err)
	}
	return helper.Session{}, &SignInNeeded{Link: p, Why: ended.why()}
}

// send reads the record, and notes in the keychain that its refresh token is on its way.
func (m *SSOSignIn) send(ctx context.Context, p *helper.Profile) (record ssoRecord, err error) {
	err = m.Secrets.Update(ctx, SSORecord(p), func(old []byte) ([]byte, map[string]string, error) {
		if old != nil {
			record = decodeSSORecord(old)
		}
		if record.RefreshToken == "" {
			return nil, nil, &SignInNeeded{Link: p, Why: record.why()}
		}
		if !m.Now().Before(record.ClientUntil) {
			return nil, nil, &SignInNeeded{Link: p, Why: "AWS has forgotten this machine, ninety days after it was registered"}
		}
		sent := record
		sent.rotation = record.sent(m.Now())
		return sent.encode(), sent.about(), nil
	})
	var needed *SignInNeeded
	if err != nil && !errors.As(err, &needed) {
		err = fmt.Errorf("profile %q: %w", p.Name, err)
	}
	return record, err
}

// followed reads an answer: what the next refresh needs, and the session.
func (m *SSOSignIn) followed(p *helper.Profile, record ssoRecord, out oidcTokens) (ssoRecord, helper.Session, error) {
	now := m.Now().UTC()
	if out.AccessToken == "" || out.ExpiresIn <= 0 {
		return ssoRecord{}, helper.Session{}, fmt.Errorf("profile %q: AWS answered without a token", p.Name)
	}
	record.rotation = record.followed(out.RefreshToken)
	return record, helper.Session{
		SessionToken: out.AccessToken, Issued: now, Expires: now.Add(time.Duration(out.ExpiresIn) * time.Second),
	}, nil
}

// swap replaces the record of a refresh token, unless another sign-in or successor has replaced it already.
func (m *SSOSignIn) swap(ctx context.Context, p *helper.Profile, token string, next ssoRecord) error {
	return m.update(ctx, p, func(old []byte) (ssoRecord, error) {
		if old == nil || decodeSSORecord(old).RefreshToken != token {
			return ssoRecord{}, errReplaced
		}
		return next, nil
	})
}

// store replaces the record, whatever it was.
func (m *SSOSignIn) store(ctx context.Context, p *helper.Profile, record ssoRecord) error {
	return m.update(ctx, p, func([]byte) (ssoRecord, error) { return record, nil })
}

// update changes the record; one that has no refresh token and had none is removed.
func (m *SSOSignIn) update(ctx context.Context, p *helper.Profile, change func(old []byte) (ssoRecord, error)) error {
	err := m.Secrets.Update(ctx, SSORecord(p), func(old []byte) ([]byte, map[string]string, error) {
		record, err := change(old)
		if err != nil || record.RefreshToken == "" && record.Ended == "" {
			return nil, nil, err
		}
		return record.encode(), record.about(), nil
	})
	if err != nil {
		return fmt.Errorf("profile %q: keep the sign-in: %w", p.Name, err)
	}
	return nil
}

// fromCLI takes over the token that AWS's CLI keeps, if AWS still takes it: a file does not know that somebody signed out.
func (m *SSOSignIn) fromCLI(ctx context.Context, p *helper.Profile) (s helper.Session, found bool, err error) {
	s, found = m.CLI.Token(p.Inputs.(*helper.SSOSession), m.Now())
	if !found {
		return helper.Session{}, false, nil
	}
	one := listAccounts(url.Values{"max_result": {"1"}})
	err = m.Network.portal(ctx, p, p.Inputs.(*helper.SSOSession).Portal, s, one, &struct{}{})
	if tokenRefused(err) {
		return helper.Session{}, false, nil
	}
	return s, err == nil, err
}

// SignOut ends a sign-in at AWS and forgets it. token is its token, or the zero Session where none is kept: a refresh
// gets one then, since AWS ends what it is shown. Where nobody is signed in the error is a *SignInNeeded.
// See https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_Logout.html.
func (m *SSOSignIn) SignOut(ctx context.Context, p *helper.Profile, token helper.Session) error {
	if !token.ValidAt(m.Now()) {
		var err error
		if token, err = m.refresh(ctx, p); err != nil {
			return errors.Join(err, m.store(ctx, p, ssoRecord{}))
		}
	}
	err := m.Network.portal(ctx, p, p.Inputs.(*helper.SSOSession).Portal, token, logout(), nil)
	if tokenRefused(err) {
		err = nil
	}
	return errors.Join(err, m.store(ctx, p, ssoRecord{}))
}

// signInEnded recognises the refusals after which a refresh token is worth nothing.
func signInEnded(err error) bool {
	switch codeOf(err) {
	case "InvalidGrantException", "ExpiredTokenException", "InvalidClientException", "UnauthorizedClientException":
		return true
	}
	return false
}

func codeOf(err error) string {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}
