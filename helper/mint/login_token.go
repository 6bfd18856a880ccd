package mint

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	service "github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/signin/types"
	sts "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"credmint/helper"
)

// loginAnswer is what AWS's sign-in service gives for a code or a refresh token.
type loginAnswer struct {
	session      helper.Session
	refreshToken string
	idToken      string // for a code only
}

// createToken sends a code or a refresh token, with a proof of the key. Both work once, so the request is sent again only
// when AWS throttled it, before it looked. A caller that gives up does not stop what has begun: the answer would be lost,
// and the sign-in with it.
// See https://docs.aws.amazon.com/signin/latest/APIReference/API_dataplane-signin_CreateOAuth2Token.html.
func (m *Login) createToken(ctx context.Context, p *helper.Profile, key *ecdsa.PrivateKey, in *types.CreateOAuth2TokenRequestBody) (loginAnswer, error) {
	config, err := m.Network.config(p, helper.Session{})
	if err != nil {
		return loginAnswer{}, err
	}
	config.Retryer = func() aws.Retryer { return retryer(true) }
	client := service.NewFromConfig(config, service.WithAPIOptions(dpop{key, m.Now}.step), func(o *service.Options) {
		o.EndpointOptions.UseFIPSEndpoint, o.EndpointOptions.UseDualStackEndpoint = variant(p)
	})
	asked := m.Now() // credentials last from here on at least
	out, err := client.CreateOAuth2Token(context.WithoutCancel(ctx), &service.CreateOAuth2TokenInput{TokenInput: in})
	if err != nil {
		return loginAnswer{}, explainLogin(p, err)
	}
	return m.read(p, out.TokenOutput, asked)
}

// read checks what AWS returned before anybody relies on it.
func (m *Login) read(p *helper.Profile, out *types.CreateOAuth2TokenResponseBody, asked time.Time) (loginAnswer, error) {
	var c sts.Credentials
	if out == nil || empty(out.RefreshToken) {
		return loginAnswer{}, fmt.Errorf("profile %q: AWS answered without a refresh token", p.Name)
	}
	if got := out.AccessToken; got != nil {
		c.AccessKeyId, c.SecretAccessKey, c.SessionToken = got.AccessKeyId, got.SecretAccessKey, got.SessionToken
	}
	if out.ExpiresIn != nil {
		c.Expiration = aws.Time(asked.Add(time.Duration(*out.ExpiresIn) * time.Second))
	}
	s, err := session(p, &c, asked)
	return loginAnswer{session: s, refreshToken: *out.RefreshToken, idToken: aws.ToString(out.IdToken)}, err
}

// explainLogin is explain with the sign-in service's own code for a refusal in it, which tells more than its type does.
func explainLogin(p *helper.Profile, err error) error {
	explained := explain(p, "CreateOAuth2Token", err)
	var refused *Error
	if code := oauthCode(err); code != "" && errors.As(explained, &refused) {
		refused.Code = code
	}
	return explained
}

// oauthCode is the sign-in service's own code for a refusal, such as TOKEN_EXPIRED; empty where it gave none.
func oauthCode(err error) string {
	var (
		denied  *types.AccessDeniedException
		grant   *types.InvalidGrantException
		invalid *types.ValidationException
	)
	switch {
	case errors.As(err, &denied):
		return string(denied.Error_)
	case errors.As(err, &grant):
		return string(grant.Error_)
	case errors.As(err, &invalid):
		return string(invalid.Error_)
	}
	return ""
}

// loginPage is an address beside the token's, on the host that the SDK would call.
func loginPage(ctx context.Context, p *helper.Profile, path string) (*url.URL, error) {
	in := service.EndpointParameters{
		Region: aws.String(p.Client.Region), UseFIPS: aws.Bool(p.Client.FIPS), UseDualStack: aws.Bool(p.Client.DualStack),
		IsControlPlane: aws.Bool(false),
	}
	if p.Client.Endpoint != "" {
		in = service.EndpointParameters{Region: in.Region, Endpoint: aws.String(p.Client.Endpoint), IsControlPlane: in.IsControlPlane}
	}
	endpoint, err := service.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, in.WithDefaults())
	if err != nil {
		return nil, fmt.Errorf("profile %q: %w", p.Name, err)
	}
	return endpoint.URI.JoinPath(strings.Split(path, "/")...), nil
}
