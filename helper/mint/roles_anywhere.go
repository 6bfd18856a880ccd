package mint

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"credmint/helper"
	"credmint/helper/certificate"
)

// RolesAnywhere mints for whoever holds a certificate: CreateSession of IAM Roles Anywhere, which the SDK does not have.
// See https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-create-session.html.
type RolesAnywhere struct {
	// Password asks for that of a PKCS#12 file which does not open without one.
	Password func(ctx context.Context, p *helper.Profile, file string) (string, error)

	Now     func() time.Time
	Network *Network
}

var _ helper.Source = (*RolesAnywhere)(nil)

// Session mints for a profile of kind helper.RolesAnywhere.
func (m *RolesAnywhere) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	in, ok := p.Inputs.(*helper.Certificate)
	if !ok {
		return helper.Session{}, fmt.Errorf("profile %q: it has no certificate", p.Name)
	}
	id, err := certificate.Read(certificate.Files{Certificate: in.File, Key: in.KeyFile, Chain: in.ChainFile}, func() (string, error) {
		return m.Password(ctx, p, in.File)
	})
	if err == nil {
		err = id.ValidAt(m.Now())
	}
	if err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: %w", p.Name, err)
	}
	address, err := sessionsURL(ctx, p, in)
	if err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: %w", p.Name, err)
	}
	var answer createdSession
	clock := &theirClock{network: m.Network, profile: p, here: m.Now}
	err = tried(ctx, retryer(false), func() error {
		err := m.createSession(ctx, p, id, address, clock.now(), &answer)
		if clock.corrected(err) {
			err = m.createSession(ctx, p, id, address, clock.now(), &answer)
		}
		return err
	})
	if err != nil {
		return helper.Session{}, explain(p, "CreateSession", err)
	}
	return answer.session(p, m.Network.moment(p, m.Now()))
}

// sessionsURL is where to ask, and for what.
func sessionsURL(ctx context.Context, p *helper.Profile, in *helper.Certificate) (string, error) {
	base, err := operation{host: "rolesanywhere"}.endpoint(ctx, p)
	query := url.Values{"profileArn": {in.ProfileARN}, "roleArn": {p.RoleARN}, "trustAnchorArn": {in.TrustAnchorARN}}
	return strings.TrimSuffix(base, "/") + "/sessions?" + query.Encode(), err
}

// createSession asks once. An error is one of those that the SDK would give.
func (m *RolesAnywhere) createSession(ctx context.Context, p *helper.Profile, id *certificate.Identity, address string, at time.Time, answer *createdSession) error {
	body, err := json.Marshal(struct {
		DurationSeconds int    `json:"durationSeconds"`
		RoleSessionName string `json:"roleSessionName,omitempty"`
	}{int(p.Duration / time.Second), p.RoleSessionName})
	if err != nil {
		return err
	}
	client, err := m.Network.client(p)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if err := signX509(req, body, id, p.Client.Region, at); err != nil {
		return err
	}
	req.Header.Set("User-Agent", "credmint") // unsigned, since proxies may change it
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	document, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode != http.StatusCreated && resp.StatusCode != http.StatusOK:
		return refusedInJSON(resp, document)
	case json.Unmarshal(document, answer) != nil:
		return &smithy.DeserializationError{Err: errors.New("no JSON")}
	}
	return nil
}

// refusedInJSON is a refusal in AWS's REST protocol: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html.
func refusedInJSON(resp *http.Response, document []byte) error {
	var body struct{ Message string }
	code, _, _ := strings.Cut(resp.Header.Get("X-Amzn-ErrorType"), ":")
	cause := errors.New("it is none of AWS's")
	if json.Unmarshal(document, &body) == nil && code != "" {
		cause = &smithy.GenericAPIError{Code: code, Message: body.Message}
	}
	return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: resp}, Err: cause}
}

// createdSession is the answer.
type createdSession struct {
	CredentialSet []struct {
		AssumedRoleUser struct{ Arn string }
		Credentials     struct {
			AccessKeyID     *string `json:"accessKeyId"`
			SecretAccessKey *string
			SessionToken    *string
			Expiration      *time.Time
		}
	}
}

func (c *createdSession) session(p *helper.Profile, at moment) (helper.Session, error) {
	if len(c.CredentialSet) != 1 {
		return helper.Session{}, fmt.Errorf("profile %q: AWS answered with %d sessions", p.Name, len(c.CredentialSet))
	}
	set := c.CredentialSet[0]
	s, err := session(p, &types.Credentials{
		AccessKeyId: set.Credentials.AccessKeyID, SecretAccessKey: set.Credentials.SecretAccessKey,
		SessionToken: set.Credentials.SessionToken, Expiration: set.Credentials.Expiration,
	}, at)
	if err == nil {
		err = sameAccount(p, p.RoleARN, set.AssumedRoleUser.Arn)
	}
	if err != nil {
		return helper.Session{}, err
	}
	s.AccountID = helper.AccountOf(p.RoleARN)
	return s, nil
}
