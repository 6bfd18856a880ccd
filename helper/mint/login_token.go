package mint

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sts "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"credmint/helper"
)

// loginAnswer is what AWS's sign-in service gives for a code or a refresh token.
type loginAnswer struct {
	helper.Unwritten

	session      helper.Session
	refreshToken string
	idToken      string // for a code only
}

// loginGrant is what AWS gives an answer for: a code, or a refresh token.
type loginGrant struct {
	helper.Unprinted

	ClientID     string `json:"clientId"`
	GrantType    string `json:"grantType"`
	Code         string `json:"code,omitempty"`
	CodeVerifier string `json:"codeVerifier,omitempty"`
	RedirectURI  string `json:"redirectUri,omitempty"`
	RefreshToken string `json:"refreshToken,omitempty"`
}

// loginTokens is the answer.
type loginTokens struct {
	helper.Unprinted

	AccessToken  jsonCredentials `json:"accessToken"`
	ExpiresIn    *int64          `json:"expiresIn"` // seconds
	RefreshToken string          `json:"refreshToken"`
	IDToken      string          `json:"idToken"`
}

// jsonCredentials are a session's as services write them that speak JSON.
type jsonCredentials struct {
	helper.Unprinted

	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken"`
}

func (c jsonCredentials) until(end *time.Time) *sts.Credentials {
	return &sts.Credentials{
		AccessKeyId: aws.String(c.AccessKeyID), SecretAccessKey: aws.String(c.SecretAccessKey), SessionToken: aws.String(c.SessionToken),
		Expiration: end,
	}
}

// createToken sends a code or a refresh token, with a proof of the key. Both work once, so the request is sent again only
// when AWS throttled it, before it looked. A caller that gives up does not stop what has begun: the answer would be lost,
// and the sign-in with it.
// See https://docs.aws.amazon.com/signin/latest/APIReference/API_dataplane-signin_CreateOAuth2Token.html.
func (m *Login) createToken(ctx context.Context, p *helper.Profile, key *ecdsa.PrivateKey, grant loginGrant) (loginAnswer, error) {
	endpoint, err := loginEndpoint(ctx, p)
	if err != nil {
		return loginAnswer{}, err
	}
	proof := dpop{key: key, now: m.Now}
	asked := m.Now() // credentials last from here on at least
	var out loginTokens
	err = m.Network.rest(context.WithoutCancel(ctx), p, endpoint, restCall{
		method: http.MethodPost, path: "/v1/token", in: grant, prove: proof.add, again: proof.wanted, retryer: retryer(true),
	}, &out)
	if err != nil {
		return loginAnswer{}, explainLogin(p, err)
	}
	return m.read(p, out, asked)
}

// read checks what AWS returned before anybody relies on it.
func (m *Login) read(p *helper.Profile, out loginTokens, asked time.Time) (loginAnswer, error) {
	if out.RefreshToken == "" {
		return loginAnswer{}, fmt.Errorf("profile %q: AWS answered without a refresh token", p.Name)
	}
	var end *time.Time
	if out.ExpiresIn != nil {
		end = aws.Time(asked.Add(time.Duration(*out.ExpiresIn) * time.Second))
	}
	s, err := session(p, out.AccessToken.until(end), moment{now: asked})
	s.Ahead = m.Network.moment(p, asked).off()
	return loginAnswer{session: s, refreshToken: out.RefreshToken, idToken: out.IDToken}, err
}

// explainLogin is explain with the sign-in service's own code for a refusal in it, which tells more than its type does.
func explainLogin(p *helper.Profile, err error) error {
	explained := explain(p, "CreateOAuth2Token", err)
	var refused *Error
	if code := loginCode(err); code != "" && errors.As(explained, &refused) {
		refused.Code = code
	}
	return explained
}

// loginCode is the code of the sign-in service's own, such as TOKEN_EXPIRED, of a refusal that says something about the
// grant; empty where it gave none.
func loginCode(err error) string {
	var refused *oauthError
	if errors.As(err, &refused) {
		switch refused.Code {
		case "AccessDeniedException", "InvalidGrantException", "ValidationException":
			return refused.code
		}
	}
	return ""
}

// loginPage is an address beside the token's, on the same host.
func loginPage(ctx context.Context, p *helper.Profile, path string, query url.Values) (string, error) {
	endpoint, err := loginEndpoint(ctx, p)
	if err != nil {
		return "", err
	}
	return pageOf(p, endpoint, path, query)
}

// loginEndpoint is the profile's own, or that of the sign-in service in its region.
func loginEndpoint(ctx context.Context, p *helper.Profile) (string, error) {
	if p.Client.Endpoint != "" {
		return p.Client.Endpoint, nil
	}
	host, err := signInHost(ctx, p.Client)
	if err != nil {
		return "", fmt.Errorf("profile %q: %w", p.Name, err)
	}
	return "https://" + host, nil
}

// signInHost is that of the console's sign-in service. Its plain names, and those for FIPS in GovCloud, have domains of
// their own; the others differ from those of STS in the service's name alone. The SDK's rules say so:
// https://github.com/aws/aws-sdk-go-v2/blob/main/service/signin/endpoints.go.
func signInHost(ctx context.Context, c helper.Client) (string, error) {
	host, err := stsHost(ctx, c)
	if err != nil {
		return "", err
	}
	gov := strings.HasPrefix(c.Region, "us-gov-")
	rest, known := strings.CutPrefix(host, "sts")
	switch {
	case !known:
		return "", fmt.Errorf("region %q: its endpoints have names that are not known", c.Region)
	case gov && c.FIPS && !c.DualStack && c.Region == "us-gov-west-1":
		return "signin-fips.amazonaws-us-gov.com", nil
	case gov && c.FIPS && !c.DualStack:
		return c.Region + ".signin-fips.amazonaws-us-gov.com", nil
	case c.FIPS, c.DualStack:
		return "signin" + rest, nil
	case gov:
		return c.Region + ".signin.amazonaws-us-gov.com", nil
	}
	for _, domain := range [][2]string{
		{"amazonaws.com", "aws.amazon.com"},
		{"amazonaws.com.cn", "amazonaws.cn"},
		{"amazonaws.eu", "amazonaws-eusc.eu"},
		{"c2s.ic.gov", "c2shome.ic.gov"},
		{"sc2s.sgov.gov", "sc2shome.sgov.gov"},
		{"cloud.adc-e.uk", "csphome.adc-e.uk"},
		{"csp.hci.ic.gov", "csphome.hci.ic.gov"},
	} {
		if rest == "."+c.Region+"."+domain[0] {
			return c.Region + ".signin." + domain[1], nil
		}
	}
	return "", fmt.Errorf("region %q: no sign-in service is known there", c.Region)
}
