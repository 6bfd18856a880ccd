package mint

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper"
	"credmint/helper/atomicfile"
)

// WebIdentity mints for roles that are assumed with an OIDC token, which is read anew each time: whoever wrote it renews
// it. Nothing is signed, since the token is the proof.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html.
type WebIdentity struct {
	Stderr io.Writer // where a token process talks to people
	Now    func() time.Time

	Network *Network
}

var _ helper.Source = (*WebIdentity)(nil)

// What AWS takes of a token.
const (
	minToken = 4
	maxToken = 20_000
)

// Session mints for a profile of kind helper.WebIdentity.
func (m *WebIdentity) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	in, ok := p.Inputs.(*helper.WebIdentityToken)
	if !ok {
		return helper.Session{}, fmt.Errorf("profile %q: it has no web identity token", p.Name)
	}
	token, err := m.token(ctx, p, in)
	if err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: %w", p.Name, err)
	}
	client, err := m.Network.sts(p, helper.Session{})
	if err != nil {
		return helper.Session{}, err
	}
	out, err := client.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(p.RoleARN), RoleSessionName: aws.String(p.RoleSessionName), WebIdentityToken: aws.String(token),
		DurationSeconds: seconds(p.Duration), Policy: policy(p.Scope), PolicyArns: policyARNs(p.Scope),
	})
	if err != nil {
		return helper.Session{}, withProof(explain(p, "AssumeRoleWithWebIdentity", err), claimsOf(token))
	}
	return assumed(p, p.RoleARN, out.Credentials, out.AssumedRoleUser, m.Network.moment(p, m.Now()))
}

// token is what AWS will judge; only its bounds, which are AWS's, are looked at here.
func (m *WebIdentity) token(ctx context.Context, p *helper.Profile, in *helper.WebIdentityToken) (string, error) {
	raw, err := m.read(ctx, p, in)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(raw))
	if len(token) < minToken || len(token) > maxToken || strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", fmt.Errorf("%s holds no token: %d characters, of which AWS takes %d to %d without spaces", origin(in), len(token), minToken, maxToken)
	}
	return token, nil
}

// read reads the token's file, or has the token printed. Either may end its line.
func (m *WebIdentity) read(ctx context.Context, p *helper.Profile, in *helper.WebIdentityToken) ([]byte, error) {
	if len(in.Command) > 0 {
		return runSetting(ctx, p, "web_identity_token_process", in.Command, maxToken+2, m.Stderr)
	}
	raw, err := atomicfile.ReadLinked(in.File, maxToken+2)
	if err != nil {
		return nil, fmt.Errorf("%sread the web identity token: %w", at(p, "web_identity_token_file"), err)
	}
	return raw, nil
}

// origin is where a token comes from, for people.
func origin(in *helper.WebIdentityToken) string {
	if len(in.Command) > 0 {
		return "`" + in.Command[0] + "`"
	}
	return in.File
}

// claimsOf is what a token says of itself, for a person who must compare it with a trust policy. It is no secret: the proof
// is in the signature. It is empty for what is no JWT.
func claimsOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct {
		Issuer   string `json:"iss"`
		Audience any    `json:"aud"`
		Subject  string `json:"sub"`
	}
	if json.Unmarshal(text, &claims) != nil {
		return ""
	}
	return fmt.Sprintf("the token's iss is %q, its aud %q, its sub %q", claims.Issuer, fmt.Sprint(claims.Audience), claims.Subject)
}
