package mint

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper"
	"credmint/helper/saml"
	"credmint/helper/shellword"
)

// SAML mints for roles that are assumed with a SAML assertion: one that a program prints, or one that a sign-in page sends
// to a loopback address. Nothing is signed, since the assertion is the proof.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html.
type SAML struct {
	Person Person // nil: nobody may be asked
	For    string // the profile that somebody wants to be, for the person to read
	Stderr io.Writer
	Warn   func(error)
	Now    func() time.Time

	// Offered is an earlier sign-in that offered too many roles, which is used now that the profile names one.
	Offered *RolesOffered

	Network *Network
}

var _ helper.Source = (*SAML)(nil)

// Session mints for a profile of kind helper.SAML. A sign-in of which the profile's settings do not choose one role is a
// *RolesOffered.
func (m *SAML) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	in, ok := p.Inputs.(*helper.SAMLSignIn)
	if !ok {
		return helper.Session{}, fmt.Errorf("profile %q: it has no SAML sign-in", p.Name)
	}
	if len(in.Command) == 0 && m.Person == nil {
		return helper.Session{}, &SignInNeeded{Link: p, Why: "its identity provider asks in a browser"}
	}
	signedIn, err := m.signIn(ctx, p, in)
	if err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: %w", p.Name, err)
	}
	role, err := choose(p, in, signedIn)
	if err != nil {
		return helper.Session{}, err
	}
	if err := m.confirm(ctx, p, in, signedIn, role); err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: %w", p.Name, err)
	}
	client, err := m.Network.sts(p, helper.Session{})
	if err != nil {
		return helper.Session{}, err
	}
	out, err := client.AssumeRoleWithSAML(ctx, &sts.AssumeRoleWithSAMLInput{
		RoleArn: aws.String(role.ARN), PrincipalArn: aws.String(role.ProviderARN), SAMLAssertion: aws.String(signedIn.Encoded),
		DurationSeconds: seconds(p.Duration), Policy: policy(p.Scope), PolicyArns: policyARNs(p.Scope),
	})
	if err != nil {
		return helper.Session{}, withProof(explain(p, "AssumeRoleWithSAML", err), samlProof(signedIn, role))
	}
	return assumed(p, role.ARN, out.Credentials, out.AssumedRoleUser, m.Network.moment(p, m.Now()))
}

// signIn gets a response, and reads it.
func (m *SAML) signIn(ctx context.Context, p *helper.Profile, in *helper.SAMLSignIn) (*saml.Response, error) {
	switch {
	case m.Offered != nil && m.Offered.Profile == p.Name:
		return m.Offered.response, nil
	case len(in.Command) == 0:
		return m.browse(ctx, p, in)
	}
	text, err := runSetting(ctx, p, "saml_process", in.Command, saml.MaxLength+2048, m.Stderr) // lines may be short
	if err != nil {
		return nil, err
	}
	r, err := saml.Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s%w", at(p, "saml_process"), err)
	}
	return r, nil
}

// choose finds the role that the profile means among those that are offered. A profile without role_arn means the only one,
// so that no session is ever kept for a role that somebody chose in passing.
func choose(p *helper.Profile, in *helper.SAMLSignIn, r *saml.Response) (saml.Role, error) {
	var meant []saml.Role
	for _, role := range r.Roles {
		if (p.RoleARN == "" || role.ARN == p.RoleARN) && (in.ProviderARN == "" || role.ProviderARN == in.ProviderARN) {
			meant = append(meant, role)
		}
	}
	switch {
	case len(meant) == 1:
		return meant[0], nil
	case len(meant) == 0:
		wanted := strings.TrimSpace(p.RoleARN + " " + in.ProviderARN)
		return saml.Role{}, fmt.Errorf("profile %q: the sign-in does not offer %s; it offers %s", p.Name, wanted, pairs(r.Roles))
	case p.RoleARN != "":
		return saml.Role{}, fmt.Errorf("profile %q: set credmint_saml_provider_arn: the sign-in offers the role by several providers: %s", p.Name, pairs(meant))
	}
	return saml.Role{}, &RolesOffered{Profile: p.Name, Roles: meant, response: r}
}

func pairs(roles []saml.Role) string {
	var text []string
	for _, r := range roles {
		text = append(text, r.ARN+" ("+r.ProviderARN+")")
	}
	return strings.Join(text, ", ")
}

// RolesOffered says that a sign-in offers several roles, of which the profile's settings must name one.
type RolesOffered struct {
	Profile string
	Roles   []saml.Role

	response *saml.Response
}

func (e *RolesOffered) Error() string {
	return fmt.Sprintf("profile %q: the sign-in offers several roles: %s", e.Profile, pairs(e.Roles))
}

// Hint says what to type.
func (e *RolesOffered) Hint() string {
	return fmt.Sprintf("write one of them into [profile %s], such as `credmint_role_arn = %s`, or choose with `credmint login %s`",
		e.Profile, e.Roles[0].ARN, shellword.Argument(e.Profile))
}

// samlProof is what an assertion says of itself, for a person who must compare it with a trust policy.
func samlProof(r *saml.Response, role saml.Role) string {
	return fmt.Sprintf("the assertion's issuer is %q, its recipient (SAML:aud) %q, its subject %q, its provider %s",
		r.Issuer, r.Recipient, r.Subject, role.ProviderARN)
}
