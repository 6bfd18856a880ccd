package mint

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"credmint/helper"
)

// AssumeRoot mints for one task as the root user of a member account, for 15 minutes at most. It is how an organization
// gets on without root credentials in its accounts.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html.
type AssumeRoot struct {
	Base Base // answers for the source
	Now  func() time.Time

	Network *Network
}

var _ helper.Source = (*AssumeRoot)(nil)

// Session mints for a profile of kind helper.RootTask. A source's session that is over at AWS is replaced once.
func (m *AssumeRoot) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	m.Network.prepare(p)
	return madeWith(ctx, m.Base, p.Source, sessionOver, func(source helper.Session) (helper.Session, error) {
		return m.assume(ctx, p, source)
	})
}

func (m *AssumeRoot) assume(ctx context.Context, p *helper.Profile, source helper.Session) (helper.Session, error) {
	client, err := m.Network.sts(p, source)
	if err != nil {
		return helper.Session{}, err
	}
	target := p.Inputs.(*helper.RootTarget)
	out, err := client.AssumeRoot(ctx, &sts.AssumeRootInput{
		TargetPrincipal: aws.String(target.TargetPrincipal), DurationSeconds: seconds(p.Duration),
		TaskPolicyArn: &types.PolicyDescriptorType{Arn: aws.String(target.TaskPolicyARN)},
	}, retries(false))
	if err != nil {
		return helper.Session{}, explain(p, "AssumeRoot", err)
	}
	s, err := session(p, out.Credentials, m.Network.moment(p, m.Now()))
	if s.AccountID = helper.AccountOf(target.TargetPrincipal); s.AccountID == "" {
		s.AccountID = target.TargetPrincipal
	}
	return s, err
}
