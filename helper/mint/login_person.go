package mint

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"credmint/helper"
	"credmint/helper/shellword"
	"credmint/helper/signin"
)

// AWS's two clients for tools: one whose browser is on this machine, and one for a browser elsewhere.
const (
	sameDevice  = "arn:aws:signin:::devtools/same-device"
	crossDevice = "arn:aws:signin:::devtools/cross-device"
)

// SignedIn is a person who has signed in, and whom nobody has decided to be yet.
type SignedIn struct {
	helper.Unwritten

	ARN     string         // who it is, by AWS's word
	Session helper.Session // good for fifteen minutes

	record loginRecord
}

// WrongIdentity says that somebody else has signed in than the profile is for. What they signed in for is given up.
type WrongIdentity struct {
	Profile   *helper.Profile
	Want, Got string // ARNs
}

func (e *WrongIdentity) Error() string {
	return fmt.Sprintf("profile %q: it is for %s, and %s signed in", e.Profile.Name, e.Want, e.Got)
}

// Hint says what to type.
func (e *WrongIdentity) Hint() string {
	return "choose the other identity in the browser, or sign out there first; to make the profile the one's who signed in, run `credmint login --aws-login " +
		shellword.Argument(e.Profile.Name) + "`"
}

// signInAs has the identity of the profile sign in, and nobody else.
func (m *Login) signInAs(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	in, err := m.SignIn(ctx, p)
	if err != nil {
		return helper.Session{}, err
	}
	if in.ARN != p.Identity() {
		return helper.Session{}, &WrongIdentity{Profile: p, Want: p.Identity(), Got: in.ARN}
	}
	unkept(p, m.Keep(ctx, p, in), m.Warn)
	return in.Session, nil
}

// SignIn has whoever is there sign in, and tells who it was. Nothing is kept: that is Keep's, once somebody has decided
// that it is the right one. See https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html.
func (m *Login) SignIn(ctx context.Context, p *helper.Profile) (*SignedIn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, personLimit, ErrUnanswered)
	defer cancel()
	key, err := newDPoPKey()
	if err != nil {
		return nil, fmt.Errorf("profile %q: make the sign-in's key: %w", p.Name, err)
	}
	way := m.inBrowser
	if m.Person.Remote() {
		way = m.elsewhere
	}
	body, err := way(ctx, p)
	if err != nil {
		return nil, err
	}
	answer, err := m.createToken(ctx, p, key, body)
	if err != nil {
		return nil, err
	}
	arn, err := subject(answer.idToken)
	if err != nil {
		return nil, fmt.Errorf("profile %q: AWS did not say who signed in: %w", p.Name, err)
	}
	answer.session.AccountID = helper.AccountOf(arn)
	record, err := m.newRecord(p, key, arn, body.ClientID, answer.refreshToken)
	return &SignedIn{ARN: arn, Session: answer.session, record: record}, err
}

func (m *Login) newRecord(p *helper.Profile, key *ecdsa.PrivateKey, arn, clientID, token string) (loginRecord, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return loginRecord{
		rotation: rotation{RefreshToken: token, SignedIn: m.Now().UTC().Truncate(time.Second)},
		ARN:      arn, ClientID: clientID, Region: p.Client.Region, Key: der,
	}, err
}

// Keep stores a sign-in for a profile, in place of an earlier one.
func (m *Login) Keep(ctx context.Context, p *helper.Profile, in *SignedIn) error {
	err := m.Secrets.Update(context.WithoutCancel(ctx), LoginRecord(p), func([]byte) ([]byte, map[string]string, error) {
		return in.record.encode()
	})
	if err != nil {
		return fmt.Errorf("profile %q: keep the sign-in: %w", p.Name, err)
	}
	return nil
}

// request is what a page is asked for, and what its answer must match.
type request struct {
	helper.Unwritten

	state, verifier string
}

func newRequest() request { return request{state: signin.State(), verifier: signin.Verifier()} }

// page is the address of the sign-in page. SHA-256 is what AWS calls RFC 7636's S256.
func (r request) page(ctx context.Context, p *helper.Profile, clientID, redirect string) (string, error) {
	return loginPage(ctx, p, "v1/authorize", url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {redirect}, "scope": {"openid"}, "state": {r.state},
		"code_challenge_method": {"SHA-256"}, "code_challenge": {signin.Challenge(r.verifier)},
	})
}

func (r request) token(clientID, redirect, code string) loginGrant {
	return loginGrant{ClientID: clientID, GrantType: "authorization_code", Code: code, CodeVerifier: r.verifier, RedirectURI: redirect}
}

// inBrowser takes the answer of a browser on this machine.
func (m *Login) inBrowser(ctx context.Context, p *helper.Profile) (loginGrant, error) {
	callback, err := signin.Listen(callbackPath)
	if err != nil {
		return loginGrant{}, fmt.Errorf("profile %q: %w", p.Name, err)
	}
	defer callback.Close()
	r := newRequest()
	page, err := r.page(ctx, p, sameDevice, callback.URL())
	if err != nil {
		return loginGrant{}, err
	}
	m.Person.Visit(ctx, m.why(p), page, "")
	answer, err := callback.Wait(ctx, signin.AuthorizationCode(r.state))
	if err != nil {
		return loginGrant{}, fmt.Errorf("profile %q: sign in: %w", p.Name, err)
	}
	return r.token(sameDevice, callback.URL(), answer.Get("code")), nil
}

// elsewhere has the person bring what a page on another machine shows.
func (m *Login) elsewhere(ctx context.Context, p *helper.Profile) (loginGrant, error) {
	redirect, err := loginPage(ctx, p, "v1/sessions/confirmation", nil)
	if err != nil {
		return loginGrant{}, err
	}
	r := newRequest()
	page, err := r.page(ctx, p, crossDevice, redirect)
	if err != nil {
		return loginGrant{}, err
	}
	m.Person.Visit(ctx, m.why(p), page, "")
	answer, err := m.Person.Paste(ctx, "The code that the page shows", signin.AuthorizationCode(r.state))
	if err != nil {
		return loginGrant{}, fmt.Errorf("profile %q: sign in: %w", p.Name, err)
	}
	return r.token(crossDevice, redirect, answer.Get("code")), nil
}

// subject is the ARN of whom an id token is for. The token comes from AWS over TLS, which is what vouches for it (OpenID
// Connect Core, section 3.1.3.7).
func subject(idToken string) (string, error) {
	parts := strings.Split(idToken, ".")
	if len(parts) != 3 {
		return "", errors.New("the id token has not three parts")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	var claims struct {
		Subject string `json:"sub"`
	}
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return "", errors.New("the id token is not JSON")
	}
	if !helper.IsConsoleIdentity(claims.Subject) {
		return "", errors.New("the id token's subject is no identity's ARN")
	}
	return claims.Subject, nil
}

// why tells the person what for.
func (m *Login) why(p *helper.Profile) string {
	text := "sign in to AWS"
	if arn := p.Identity(); arn != "" {
		text += " as " + arn
	}
	if m.For != "" {
		text += " for profile " + m.For
	}
	return text
}
