package mint

import (
	"context"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"

	"credmint/helper"
)

// portal asks the service that takes a sign-in's token, at another endpoint than the link's own where one is given. No
// request is signed: the token says who asks. See
// https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_Operations.html.
func (n *Network) portal(ctx context.Context, p *helper.Profile, endpoint string, token helper.Session, c restCall, out any) error {
	link := *p
	link.Client.Endpoint = endpoint
	address, err := besideSTS(ctx, &link, "portal.sso")
	if err != nil {
		return err
	}
	c.header = http.Header{"X-Amz-Sso_bearer_token": {token.SessionToken}}
	if c.retryer == nil {
		c.retryer = retryer(false)
	}
	return explain(p, c.operation, n.rest(ctx, &link, address, c, out))
}

// The operations of the portal.
func getRoleCredentials(in *helper.SSOAssignment) restCall {
	return restCall{
		operation: "GetRoleCredentials", method: http.MethodGet, path: "/federation/credentials",
		query: url.Values{"account_id": {in.AccountID}, "role_name": {in.RoleName}},
	}
}

func listAccounts(query url.Values) restCall {
	return restCall{operation: "ListAccounts", method: http.MethodGet, path: "/assignment/accounts", query: query}
}

func listAccountRoles(query url.Values) restCall {
	return restCall{operation: "ListAccountRoles", method: http.MethodGet, path: "/assignment/roles", query: query}
}

func logout() restCall {
	return restCall{operation: "Logout", method: http.MethodPost, path: "/logout"}
}

// oidc asks the service that signs people in. What it is given works once (a code, a refresh token), so a request is sent
// again only when AWS throttled it, before it looked. See
// https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_Operations.html.
func (n *Network) oidc(ctx context.Context, p *helper.Profile, c restCall, out any) error {
	address, err := besideSTS(ctx, p, "oidc")
	if err != nil {
		return err
	}
	c.method = http.MethodPost
	if c.retryer == nil {
		c.retryer = retryer(true)
	}
	return explain(p, c.operation, n.rest(ctx, p, address, c, out))
}

// oidcGrant is what a token is given for.
type oidcGrant struct {
	helper.Unprinted

	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	GrantType    string `json:"grantType"`
	Code         string `json:"code,omitempty"`
	CodeVerifier string `json:"codeVerifier,omitempty"`
	DeviceCode   string `json:"deviceCode,omitempty"`
	RedirectURI  string `json:"redirectUri,omitempty"`
	RefreshToken string `json:"refreshToken,omitempty"`
}

// oidcTokens is what it is answered with.
type oidcTokens struct {
	helper.Unprinted

	AccessToken  string `json:"accessToken"`
	ExpiresIn    int64  `json:"expiresIn"` // seconds
	RefreshToken string `json:"refreshToken"`
}

// createToken asks for the tokens of a grant. A retryer of nil is the one of the service's other operations.
func (n *Network) createToken(ctx context.Context, p *helper.Profile, grant oidcGrant, retryer aws.Retryer) (out oidcTokens, err error) {
	err = n.oidc(ctx, p, restCall{operation: "CreateToken", path: "/token", in: grant, retryer: retryer}, &out)
	return out, err
}

// oidcClient is how a machine makes itself known.
type oidcClient struct {
	Name         string   `json:"clientName"`
	Type         string   `json:"clientType"`
	GrantTypes   []string `json:"grantTypes,omitempty"`
	RedirectURIs []string `json:"redirectUris,omitempty"`
	IssuerURL    string   `json:"issuerUrl,omitempty"`
	Scopes       []string `json:"scopes,omitempty"`
}

// authorizeURL is the page where a person signs in. It is no operation of the service's, but stands beside them on the same
// host, as AWS's CLI has it.
func authorizeURL(ctx context.Context, p *helper.Profile, query url.Values) (string, error) {
	address, err := besideSTS(ctx, p, "oidc")
	if err != nil {
		return "", err
	}
	return pageOf(p, address, "authorize", query)
}
