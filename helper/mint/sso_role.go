package mint

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"credmint/helper"
)

// SSORole mints for roles that IAM Identity Center assigns: GetRoleCredentials, with the token of a sign-in.
// See https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html.
type SSORole struct {
	Tokens Base // answers for the sign-in
	Now    func() time.Time

	Network *Network
}

var _ helper.Source = (*SSORole)(nil)

// Session mints for a profile of kind helper.SSORole. A token that somebody has ended at AWS is replaced once.
func (m *SSORole) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	m.Network.prepare(p)
	return madeWith(ctx, m.Tokens, p.Source, tokenRefused, func(token helper.Session) (helper.Session, error) {
		return m.credentials(ctx, p, token)
	})
}

func (m *SSORole) credentials(ctx context.Context, p *helper.Profile, token helper.Session) (helper.Session, error) {
	in, ok := p.Inputs.(*helper.SSOAssignment)
	if !ok {
		return helper.Session{}, fmt.Errorf("profile %q: it has no account and role", p.Name)
	}
	var out struct {
		Credentials struct {
			jsonCredentials
			Expiration int64 `json:"expiration"` // Unix milliseconds
		} `json:"roleCredentials"`
	}
	if err := m.Network.portal(ctx, p, p.Client.Endpoint, token, getRoleCredentials(in), &out); err != nil {
		return helper.Session{}, err
	}
	var end *time.Time
	if at := out.Credentials.Expiration; at > 0 {
		end = aws.Time(time.UnixMilli(at))
	}
	s, err := session(p, out.Credentials.until(end), m.Network.moment(p, m.Now()))
	s.AccountID = in.AccountID
	return s, err
}

// tokenRefused recognises the refusal of the token itself, and not of what was asked for with it.
func tokenRefused(err error) bool {
	var refused *Error
	return errors.As(err, &refused) && refused.Code == "UnauthorizedException"
}
