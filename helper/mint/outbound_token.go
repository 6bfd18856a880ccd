package mint

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper"
)

// OutboundIdentity is what a token says that a service outside of AWS is shown.
type OutboundIdentity struct {
	Audience  []string
	Algorithm string        // RS256 or ES384
	Duration  time.Duration // one minute to an hour
	Tags      []helper.Tag
}

// OutboundToken asks STS for a JSON Web Token that says who a session is, to a service that trusts the account's issuer.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html.
func (n *Network) OutboundToken(ctx context.Context, p *helper.Profile, s helper.Session, in OutboundIdentity) (Token, error) {
	const operation = "GetWebIdentityToken"
	regional := *p
	regional.Client.GlobalEndpoint = false // it is not to be had from that one
	client, err := n.sts(&regional, s)
	if err != nil {
		return Token{}, err
	}
	out, err := client.GetWebIdentityToken(ctx, &sts.GetWebIdentityTokenInput{
		Audience: in.Audience, SigningAlgorithm: aws.String(in.Algorithm), DurationSeconds: seconds(in.Duration),
		Tags: tags(helper.Scope{Tags: in.Tags}),
	}, retries(false))
	if err != nil {
		return Token{}, explain(p, operation, err)
	}
	if empty(out.WebIdentityToken) || out.Expiration == nil {
		return Token{}, fmt.Errorf("profile %q: %s: AWS answered without a token", p.Name, operation)
	}
	return Token{Text: *out.WebIdentityToken, Expires: n.moment(&regional, time.Now()).here(*out.Expiration)}, nil
}
