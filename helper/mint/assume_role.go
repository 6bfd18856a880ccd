package mint

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper"
)

// AssumeRole mints for roles: with the session of the profile's source, or with the source's long-lived key itself where
// the profile says Direct. See https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
type AssumeRole struct {
	Base Base // answers for the source; give it the Reuse that asks this one, so that every link is kept
	Keys Keys
	MFA  MFA
	Now  func() time.Time

	Network *Network
}

var _ helper.Source = (*AssumeRole)(nil)

// Session mints for a profile of kind helper.Role. A source's session that is over at AWS is replaced once.
func (m *AssumeRole) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	m.Network.prepare(p)
	if p.Direct {
		key, err := m.Keys(ctx, p.Source)
		if err != nil {
			return helper.Session{}, err
		}
		return m.assume(ctx, p, longLived(key))
	}
	return madeWith(ctx, m.Base, p.Source, sessionOver, func(principal helper.Session) (helper.Session, error) {
		return m.assume(ctx, p, principal)
	})
}

func (m *AssumeRole) assume(ctx context.Context, p *helper.Profile, principal helper.Session) (helper.Session, error) {
	client, err := m.Network.sts(p, principal)
	if err != nil {
		return helper.Session{}, err
	}
	return withCode(ctx, askedFor(p, principal), m.MFA, func(code *string) (helper.Session, error) {
		in := &sts.AssumeRoleInput{
			RoleArn: aws.String(p.RoleARN), RoleSessionName: aws.String(p.RoleSessionName),
			DurationSeconds: seconds(p.Duration), ExternalId: orNil(p.ExternalID),
			Policy: policy(p.Scope), PolicyArns: policyARNs(p.Scope), SourceIdentity: orNil(p.Scope.SourceIdentity),
			Tags: tags(p.Scope), TransitiveTagKeys: p.Scope.TransitiveTags,
		}
		if code != nil {
			in.SerialNumber, in.TokenCode = aws.String(p.MFASerial), code
		}
		out, err := client.AssumeRole(ctx, in, retries(code != nil))
		if err != nil {
			return helper.Session{}, explain(p, "AssumeRole", err)
		}
		return assumed(p, p.RoleARN, out.Credentials, out.AssumedRoleUser, m.Network.moment(p, m.Now()))
	})
}

// askedFor leaves the MFA device out where a session assumes the role: AWS takes a code with a long-lived key only, and
// whoever made the session may have asked for one.
func askedFor(p *helper.Profile, principal helper.Session) *helper.Profile {
	if p.MFASerial == "" || principal.SessionToken == "" {
		return p
	}
	unasked := *p
	unasked.MFASerial = ""
	return &unasked
}
