package mint

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc/types"

	"credmint/helper"
)

// portal is the client of the service that takes a sign-in's token, called at another endpoint than the link's own where
// one is given. No request is signed: the token says who asks.
func (n *Network) portal(p *helper.Profile, endpoint string) (*sso.Client, error) {
	link := *p
	link.Client.Endpoint = endpoint
	c, err := n.config(&link, helper.Session{})
	if err != nil {
		return nil, err
	}
	return sso.NewFromConfig(c, func(o *sso.Options) {
		o.EndpointOptions.UseFIPSEndpoint, o.EndpointOptions.UseDualStackEndpoint = variant(&link)
	}), nil
}

// oidc is the client of the service that signs people in. What it is given works once (a code, a refresh token), so a
// request is sent again only when AWS throttled it, before it looked.
func (n *Network) oidc(p *helper.Profile) (*ssooidc.Client, error) {
	c, err := n.config(p, helper.Session{})
	if err != nil {
		return nil, err
	}
	c.Retryer = func() aws.Retryer { return retryer(true) }
	return ssooidc.NewFromConfig(c, func(o *ssooidc.Options) {
		o.EndpointOptions.UseFIPSEndpoint, o.EndpointOptions.UseDualStackEndpoint = variant(p)
	}), nil
}

// authorizeURL is the page where a person signs in. It is no operation of the SDK's, but stands beside them on the same
// host, as AWS's CLI has it.
func authorizeURL(ctx context.Context, p *helper.Profile, query url.Values) (string, error) {
	in := ssooidc.EndpointParameters{
		Region: aws.String(p.Client.Region), UseFIPS: aws.Bool(p.Client.FIPS), UseDualStack: aws.Bool(p.Client.DualStack),
	}
	if p.Client.Endpoint != "" {
		in = ssooidc.EndpointParameters{Region: in.Region, Endpoint: aws.String(p.Client.Endpoint)}
	}
	endpoint, err := ssooidc.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, in)
	if err != nil {
		return "", fmt.Errorf("profile %q: %w", p.Name, err)
	}
	page := endpoint.URI.JoinPath("authorize")
	page.RawQuery = query.Encode()
	return page.String(), nil
}

// oauthMessage finds what AWS says about a refusal of its sign-in service, which speaks OAuth's words and not its own.
func oauthMessage(err error) string {
	var (
		grant   *types.InvalidGrantException
		client  *types.InvalidClientException
		request *types.InvalidRequestException
		denied  *types.AccessDeniedException
		scope   *types.InvalidScopeException
		data    *types.InvalidClientMetadataException
		uri     *types.InvalidRedirectUriException
	)
	switch {
	case errors.As(err, &grant):
		return aws.ToString(grant.Error_description)
	case errors.As(err, &client):
		return aws.ToString(client.Error_description)
	case errors.As(err, &request):
		return aws.ToString(request.Error_description)
	case errors.As(err, &denied):
		return aws.ToString(denied.Error_description)
	case errors.As(err, &scope):
		return aws.ToString(scope.Error_description)
	case errors.As(err, &data):
		return aws.ToString(data.Error_description)
	case errors.As(err, &uri):
		return aws.ToString(uri.Error_description)
	}
	return ""
}
