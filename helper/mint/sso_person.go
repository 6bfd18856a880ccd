package mint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"credmint/helper"
	"credmint/helper/signin"
)

// ErrUnanswered says that nobody signed in while there was time.
var ErrUnanswered = errors.New("nobody signed in within ten minutes")

const (
	personLimit = 10 * time.Minute // as long as AWS keeps a device code
	clientName  = "credmint"

	// AWS takes any port behind the address that was registered (RFC 8252, section 7.3).
	callbackPath = "/oauth/callback"
	redirect     = "http://127.0.0.1" + callbackPath

	deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

	// RFC 8628, sections 3.2 and 3.5.
	slowest      = 30 * time.Second
	pollInterval = 5 * time.Second
	slowDown     = 5 * time.Second
)

// signIn has a person sign in: in a browser of this machine, which answers to a loopback address, or anywhere with a code.
// AWS knows the first way for an [sso-session] only.
//
// A client is registered for each sign-in. Only a refresh needs the one that was there at the sign-in.
func (m *SSOSignIn) signIn(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, personLimit, ErrUnanswered)
	defer cancel()
	in := p.Inputs.(*helper.SSOSession)
	way := m.byCode
	if in.Name != "" && !m.Person.Remote() {
		way = m.byBrowser
	}
	record, out, err := way(ctx, p, in)
	if err != nil {
		return helper.Session{}, err
	}
	record.SignedIn = m.Now().UTC().Truncate(time.Second)
	next, s, err := m.followed(p, record, out)
	if err != nil {
		return helper.Session{}, err
	}
	unkept(p, m.store(context.WithoutCancel(ctx), p, next), m.Warn)
	return s, nil
}

// byBrowser is OAuth's authorization code with PKCE, as AWS's CLI does it.
func (m *SSOSignIn) byBrowser(ctx context.Context, p *helper.Profile, in *helper.SSOSession) (ssoRecord, oidcTokens, error) {
	callback, err := signin.Listen(callbackPath)
	if err != nil {
		return ssoRecord{}, oidcTokens{}, fmt.Errorf("profile %q: %w", p.Name, err)
	}
	defer callback.Close()
	record, err := m.register(ctx, p, oidcClient{
		GrantTypes: []string{"authorization_code", "refresh_token"}, RedirectURIs: []string{redirect},
		IssuerURL: in.StartURL, Scopes: in.Scopes,
	})
	if err != nil {
		return ssoRecord{}, oidcTokens{}, err
	}
	state, verifier := signin.State(), signin.Verifier()
	page, err := authorizeURL(ctx, p, url.Values{
		"response_type": {"code"}, "client_id": {record.ClientID}, "redirect_uri": {callback.URL()}, "state": {state},
		"scopes": {strings.Join(in.Scopes, " ")}, "code_challenge_method": {"S256"}, "code_challenge": {signin.Challenge(verifier)},
	})
	if err != nil {
		return ssoRecord{}, oidcTokens{}, err
	}
	m.Person.Visit(ctx, m.why(in), page, "")
	answer, err := callback.Wait(ctx, signin.AuthorizationCode(state))
	if err != nil {
		return ssoRecord{}, oidcTokens{}, fmt.Errorf("profile %q: sign in: %w", p.Name, err)
	}
	out, err := m.Network.createToken(ctx, p, oidcGrant{
		ClientID: record.ClientID, ClientSecret: record.ClientSecret, GrantType: "authorization_code", Code: answer.Get("code"),
		CodeVerifier: verifier, RedirectURI: callback.URL(),
	}, nil)
	return record, out, err
}

// byCode is OAuth's device authorization, RFC 8628.
func (m *SSOSignIn) byCode(ctx context.Context, p *helper.Profile, in *helper.SSOSession) (ssoRecord, oidcTokens, error) {
	record, err := m.register(ctx, p, oidcClient{Scopes: in.Scopes})
	if err != nil {
		return ssoRecord{}, oidcTokens{}, err
	}
	device, err := m.startDevice(ctx, p, record, in)
	if err != nil {
		return ssoRecord{}, oidcTokens{}, err
	}
	m.Person.Visit(ctx, m.why(in), cmp.Or(device.PageWithCode, device.Page), device.UserCode)
	out, err := m.poll(ctx, p, record, device)
	return record, out, err
}

// ssoDevice is an authorization that waits for a person.
type ssoDevice struct {
	helper.Unprinted

	DeviceCode   string `json:"deviceCode"`
	UserCode     string `json:"userCode"`
	Page         string `json:"verificationUri"`
	PageWithCode string `json:"verificationUriComplete"`
	Interval     int64  `json:"interval"` // seconds between two polls
}

func (m *SSOSignIn) startDevice(ctx context.Context, p *helper.Profile, record ssoRecord, in *helper.SSOSession) (device ssoDevice, err error) {
	client := map[string]string{"clientId": record.ClientID, "clientSecret": record.ClientSecret, "startUrl": in.StartURL}
	err = m.Network.oidc(ctx, p, restCall{operation: "StartDeviceAuthorization", path: "/device_authorization", in: client}, &device)
	return device, err
}

// poll asks for the token until the person has confirmed the code, as often as AWS wants to be asked.
func (m *SSOSignIn) poll(ctx context.Context, p *helper.Profile, record ssoRecord, device ssoDevice) (oidcTokens, error) {
	interval := pollInterval
	if device.Interval > 0 {
		interval = time.Duration(device.Interval) * time.Second
	}
	for {
		if err := m.Pause(ctx, interval); err != nil {
			return oidcTokens{}, fmt.Errorf("profile %q: sign in: %w", p.Name, err)
		}
		out, err := m.Network.createToken(ctx, p, oidcGrant{
			ClientID: record.ClientID, ClientSecret: record.ClientSecret, GrantType: deviceGrant, DeviceCode: device.DeviceCode,
		}, aws.NopRetryer{})
		switch code := codeOf(err); {
		case code == "AuthorizationPendingException":
		case passing(err): // the person has not seen it; RFC 8628 section 3.5 wants to be asked less often then
			interval = max(interval, min(2*interval, slowest))
		case code == "SlowDownException":
			interval += slowDown
		case code == "ExpiredTokenException":
			return oidcTokens{}, fmt.Errorf("profile %q: sign in: %w", p.Name, ErrUnanswered)
		case code == "AccessDeniedException":
			return oidcTokens{}, fmt.Errorf("profile %q: sign in: %w", p.Name, &signin.Denied{Code: "access_denied"})
		default:
			return out, err
		}
	}
}

// register makes this machine known to AWS, for ninety days.
func (m *SSOSignIn) register(ctx context.Context, p *helper.Profile, in oidcClient) (ssoRecord, error) {
	in.Name, in.Type = clientName, "public"
	var out struct {
		ClientID     string `json:"clientId"`
		ClientSecret string `json:"clientSecret"`
		Until        int64  `json:"clientSecretExpiresAt"` // Unix seconds
	}
	if err := m.Network.oidc(ctx, p, restCall{operation: "RegisterClient", path: "/client/register", in: in}, &out); err != nil {
		return ssoRecord{}, err
	}
	if out.ClientID == "" || out.ClientSecret == "" {
		return ssoRecord{}, fmt.Errorf("profile %q: AWS registered a client without a name or a secret", p.Name)
	}
	return ssoRecord{
		ClientID: out.ClientID, ClientSecret: out.ClientSecret, ClientUntil: time.Unix(out.Until, 0).UTC(),
	}, nil
}

// why tells the person what for.
func (m *SSOSignIn) why(in *helper.SSOSession) string {
	text := "sign in to IAM Identity Center (" + in.String() + ")"
	if m.For != "" && m.For != in.Name {
		text += " for profile " + m.For
	}
	return text
}

// Pause waits, or gives up with the context.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
