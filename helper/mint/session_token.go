package mint

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper"
)

// SessionToken mints for IAM users (and the root user): GetSessionToken with the long-lived key, behind MFA where the
// profile names a device. See https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html.
type SessionToken struct {
	Keys Keys
	MFA  MFA
	Now  func() time.Time

	Network *Network
}

var _ helper.Source = (*SessionToken)(nil)

// Session mints for a profile of kind helper.UserKey.
func (m *SessionToken) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	m.Network.prepare(p)
	key, err := m.Keys(ctx, p)
	if err != nil {
		return helper.Session{}, err
	}
	client, err := m.Network.sts(p, longLived(key))
	if err != nil {
		return helper.Session{}, err
	}
	return withCode(ctx, p, m.MFA, func(code *string) (helper.Session, error) {
		in := &sts.GetSessionTokenInput{DurationSeconds: seconds(p.Duration)}
		if code != nil {
			in.SerialNumber, in.TokenCode = aws.String(p.MFASerial), code
		}
		out, err := client.GetSessionToken(ctx, in, retries(code != nil))
		if err != nil {
			return helper.Session{}, explain(p, "GetSessionToken", err)
		}
		s, err := session(p, out.Credentials, m.Network.moment(p, m.Now()))
		s.AccountID = p.KeyRef.AccountID
		if err == nil && s.AccountID == "" {
			s.AccountID = m.account(unrecorded(ctx), p, key)
		}
		return s, err
	})
}

// account asks AWS whose key it is, for keys that no `credmint add` has looked at. Not to know costs no session.
func (m *SessionToken) account(ctx context.Context, p *helper.Profile, key helper.AccessKey) string {
	id, err := m.Network.CallerIdentity(ctx, p, key)
	if err != nil {
		return ""
	}
	return id.AccountID
}

func seconds(d time.Duration) *int32 { return aws.Int32(int32(d / time.Second)) }
