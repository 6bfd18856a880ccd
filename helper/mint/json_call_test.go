package mint_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint"
	"credmint/helper/mint/awstest"
)

// signed answers with one session.
type signed helper.Session

func (s signed) Session(context.Context, *helper.Profile) (helper.Session, error) {
	return helper.Session(s), nil
}

func newSecrets(t *testing.T) (*awstest.AWS, *mint.SecretsManager, *helper.SecretRef) {
	t.Helper()
	aws := awstest.New()
	url := aws.Start()
	t.Cleanup(aws.Close)
	alice := aws.AddUser("111111111111", "alice")
	aws.AddSecret("111111111111", "bot", "hush", alice.ARN)
	base := signed{AccessKeyID: alice.AccessKeyID, SecretAccessKey: alice.Secret, Issued: time.Now(), Expires: time.Now().Add(time.Hour)}
	return aws, &mint.SecretsManager{Base: base, Network: &mint.Network{}},
		&helper.SecretRef{ID: "bot", Client: helper.Client{Region: "eu-west-1", Endpoint: url}}
}

func TestSecret(t *testing.T) {
	aws, m, ref := newSecrets(t)
	aws.SetFault("GetSecretValue", awstest.Fault{Throttle: 2})
	text, err := m.Secret(t.Context(), "bot", &helper.Profile{Name: "me"}, ref)
	if err != nil || text != "hush" || aws.Calls("GetSecretValue") != 1 || len(aws.Log()) != 3 {
		t.Errorf("Secret() = %q, %v after %d calls", text, err, len(aws.Log()))
	}
}

func TestSecretFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		fault awstest.Fault
		want  string
	}{
		"throttled":   {awstest.Fault{Throttle: -1}, "AWS refused GetSecretValue: ThrottlingException"},
		"html":        {awstest.Fault{Status: 200, Body: "<html>a proxy</html>"}, "does not speak like AWS"},
		"no service":  {awstest.Fault{Status: 503, Body: "<html></html>"}, "HTTP status 503"},
		"too long":    {awstest.Fault{HugeBody: true}, "does not speak like AWS"},
		"redirecting": {awstest.Fault{Status: http.StatusTemporaryRedirect, Redirect: "https://evil.example/"}, "GetSecretValue"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			aws, m, ref := newSecrets(t)
			aws.SetFault("GetSecretValue", tt.fault)
			text, err := m.Secret(t.Context(), "bot", &helper.Profile{Name: "me"}, ref)
			if text != "" || err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), `profile "bot"`) {
				t.Errorf("Secret() = %q, %v; want %q", text, err, tt.want)
			}
		})
	}
}

// Where requests go, by what a profile says.
func TestSecretEndpoints(t *testing.T) {
	for want, client := range map[string]helper.Client{
		"secretsmanager.eu-west-1.amazonaws.com:443":      {Region: "eu-west-1"},
		"secretsmanager-fips.us-east-1.amazonaws.com:443": {Region: "us-east-1", FIPS: true},
		"secretsmanager.eu-west-1.api.aws:443":            {Region: "eu-west-1", DualStack: true},
		"secretsmanager.cn-north-1.amazonaws.com.cn:443":  {Region: "cn-north-1"},
		"secretsmanager.us-gov-west-1.amazonaws.com:443":  {Region: "us-gov-west-1"},
		"proxy.example:8443":                              {Region: "eu-west-1", Endpoint: "https://proxy.example:8443"},
	} {
		t.Run(want, func(t *testing.T) {
			_, m, ref := newSecrets(t)
			ref.Client = client
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			outside.mu.Lock()
			outside.hosts, outside.seen = nil, cancel // one request says it all
			outside.mu.Unlock()
			if _, err := m.Secret(ctx, "bot", &helper.Profile{Name: "me"}, ref); err == nil {
				t.Error("something answered")
			}
			outside.mu.Lock()
			defer outside.mu.Unlock()
			if got := fmt.Sprint(outside.hosts); got != "["+want+"]" {
				t.Errorf("it went to %s", got)
			}
		})
	}
}
