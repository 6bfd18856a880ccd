package awstest_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"credmint/helper/mint/awstest"
)

const (
	readerARN  = "arn:aws:iam::222222222222:role/team/Reader"
	adminARN   = "arn:aws:iam::222222222222:role/Admin"
	chainedARN = "arn:aws:iam::333333333333:role/Chained"
)

// world is an AWS with alice, her device, and three roles.
type world struct {
	*awstest.AWS
	url   string
	alice *awstest.User
	mfa   *awstest.Device
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{AWS: awstest.New()}
	w.url = w.Start()
	t.Cleanup(w.Close)
	w.alice = w.AddUser("111111111111", "alice")
	w.mfa = w.alice.AddMFA("alice")
	w.AddRole(readerARN, awstest.Trust{Principals: []string{w.alice.ARN}, MaxDuration: 2 * time.Hour})
	w.AddRole(adminARN, awstest.Trust{Principals: []string{w.alice.ARN}, RequireMFA: true})
	w.AddRole(chainedARN, awstest.Trust{Principals: []string{readerARN}, MaxDuration: 12 * time.Hour})
	return w
}

// client is the Go SDK's, which asks once.
func (w *world) client(id, secret, token string) *sts.Client {
	return sts.New(sts.Options{
		Region: "eu-west-1", BaseEndpoint: &w.url, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}, nil
		}),
	})
}

func (w *world) asAlice() *sts.Client { return w.client(w.alice.AccessKeyID, w.alice.Secret, "") }

func (w *world) as(c *types.Credentials) *sts.Client {
	return w.client(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

// session is one of GetSessionToken, with MFA or without.
func (w *world) session(t testing.TB, mfa bool) *types.Credentials {
	t.Helper()
	in := &sts.GetSessionTokenInput{}
	if mfa {
		code, ok := w.mfa.Unused()
		if !ok {
			t.Fatal("no MFA code is left")
		}
		in.SerialNumber, in.TokenCode = &w.mfa.Serial, &code
	}
	out, err := w.asAlice().GetSessionToken(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out.Credentials
}

// assume is a session of a role, of somebody who may.
func assume(t testing.TB, c *sts.Client, role string, more ...func(*sts.AssumeRoleInput)) *sts.AssumeRoleOutput {
	t.Helper()
	out, err := tryAssume(t, c, role, more...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryAssume(t testing.TB, c *sts.Client, role string, more ...func(*sts.AssumeRoleInput)) (*sts.AssumeRoleOutput, error) {
	in := &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("me")}
	for _, f := range more {
		f(in)
	}
	return c.AssumeRole(t.Context(), in)
}

func lasting(seconds int32) func(*sts.AssumeRoleInput) {
	return func(in *sts.AssumeRoleInput) { in.DurationSeconds = &seconds }
}

// wantCode demands a refusal with one of AWS's codes, or none, and with words in its message.
func wantCode(t testing.TB, err error, code, words string) {
	t.Helper()
	var api smithy.APIError
	switch {
	case code == "" && err != nil:
		t.Errorf("refused: %v", err)
	case code != "" && !errors.As(err, &api):
		t.Errorf("error %v, want %s", err, code)
	case code != "" && (api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), words)):
		t.Errorf("%s: %q, want %s: %q", api.ErrorCode(), api.ErrorMessage(), code, words)
	}
}

// signed is a request by the SDK's signer, which edit may change before.
func (w *world) signed(t testing.TB, form string, edit func(*http.Request)) *http.Request {
	t.Helper()
	return w.signedFor(t, "sts", form, edit)
}

func (w *world) signedFor(t testing.TB, service, form string, edit func(*http.Request)) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/", strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if edit != nil {
		edit(r)
	}
	sum := sha256.Sum256([]byte(form))
	who := aws.Credentials{AccessKeyID: w.alice.AccessKeyID, SecretAccessKey: w.alice.Secret}
	if err := v4.NewSigner().SignHTTP(t.Context(), who, r, hex.EncodeToString(sum[:]), service, "eu-west-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	return r
}

// roundTrip sends a request on a connection of its own: closing any httptest.Server closes those of the default transport,
// other tests' included.
func roundTrip(r *http.Request) (*http.Response, error) {
	return (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
}

// send returns an answer's status and body.
func send(t testing.TB, r *http.Request) (int, string) {
	t.Helper()
	resp, err := roundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
