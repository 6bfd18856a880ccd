package mint

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper"
)

// FederationToken mints for federated users: GetFederationToken with a long-lived key. Without a session policy such a
// session may do only what resources allow it by name.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html.
type FederationToken struct {
	Keys Keys
	Now  func() time.Time

	Network *Network
}

var _ helper.Source = (*FederationToken)(nil)

// Session mints for a profile of kind helper.Federation.
func (m *FederationToken) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	m.Network.prepare(p)
	key, err := m.Keys(ctx, p)
	if err != nil {
		return helper.Session{}, err
	}
	client, err := m.Network.sts(p, longLived(key))
	if err != nil {
		return helper.Session{}, err
	}
	out, err := client.GetFederationToken(ctx, &sts.GetFederationTokenInput{
		Name: aws.String(p.Inputs.(*helper.FederatedUser).Name), DurationSeconds: seconds(p.Duration),
		Policy: policy(p.Scope), PolicyArns: policyARNs(p.Scope), Tags: tags(p.Scope),
	}, retries(false))
	if err != nil {
		return helper.Session{}, explain(p, "GetFederationToken", err)
	}
	s, err := session(p, out.Credentials, m.Network.moment(p, m.Now()))
	if out.FederatedUser != nil {
		s.AccountID = helper.AccountOf(aws.ToString(out.FederatedUser.Arn))
	}
	return s, err
}
