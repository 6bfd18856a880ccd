package mint_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint"
	"credmint/helper/mint/awstest"
)

func newECR(t *testing.T, public bool) (*awstest.AWS, *mint.ECR, *helper.Profile) {
	t.Helper()
	aws := awstest.New()
	url := aws.Start()
	t.Cleanup(aws.Close)
	alice := aws.AddUser("111111111111", "alice")
	region := map[bool]string{false: "eu-west-1", true: "us-east-1"}[public]
	return aws, &mint.ECR{
		Base: signed{AccessKeyID: alice.AccessKeyID, SecretAccessKey: alice.Secret}, Now: time.Now, Network: &mint.Network{},
	}, &helper.Profile{
		Name: "me", Kind: helper.RegistryToken, Source: &helper.Profile{Name: "me"}, Inputs: &helper.Registry{Public: public},
		Client: helper.Client{Region: region, Endpoint: url},
	}
}

func TestECR(t *testing.T) {
	for _, public := range []bool{false, true} {
		aws, m, p := newECR(t, public)
		s, err := m.Session(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		token, ok := aws.RegistryTokens()[s.SessionToken]
		if !ok || token.Public != public || token.Region != p.Client.Region || token.Account != "111111111111" {
			t.Errorf("%+v, %v", token, ok)
		}
		if life := s.Expires.Sub(s.Issued); s.AccessKeyID != "" || life > 12*time.Hour || life < 11*time.Hour+59*time.Minute {
			t.Errorf("it lasts %s", life)
		}
	}
}

func TestECRFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		fault awstest.Fault
		want  string
	}{
		"denied":       {awstest.Fault{Status: 400, Code: "AccessDeniedException"}, "AccessDeniedException"},
		"no data":      {awstest.Fault{Status: 200, Body: `{}`}, "without a token"},
		"no token":     {awstest.Fault{Status: 200, Body: `{"authorizationData":[]}`}, "without a token"},
		"no list":      {awstest.Fault{Status: 200, Body: `{"authorizationData":"x"}`}, "does not speak like AWS"},
		"other user":   {awstest.Fault{Status: 200, Body: `{"authorizationData":[{"authorizationToken":"cm9vdDp4","expiresAt":4e9}]}`}, "without a token"},
		"no base64":    {awstest.Fault{Status: 200, Body: `{"authorizationData":[{"authorizationToken":"?","expiresAt":4e9}]}`}, "without a token"},
		"over already": {awstest.Fault{Status: 200, Body: `{"authorizationData":[{"authorizationToken":"QVdTOng=","expiresAt":1e9}]}`}, "by this machine's clock"},
	} {
		t.Run(name, func(t *testing.T) {
			aws, m, p := newECR(t, false)
			aws.SetFault("GetAuthorizationToken", tt.fault)
			s, err := m.Session(t.Context(), p)
			if err == nil || !strings.Contains(err.Error(), tt.want) || s.SessionToken != "" {
				t.Errorf("%v, want %q", err, tt.want)
			}
			var refused *mint.Error
			if errors.As(err, &refused) && !strings.Contains(refused.Hint(), "ecr:GetAuthorizationToken") {
				t.Errorf("hint %q", refused.Hint())
			}
		})
	}
}

// Where requests go, by what a registry's name says.
func TestECREndpoints(t *testing.T) {
	for want, tt := range map[string]struct {
		client helper.Client
		public bool
	}{
		"api.ecr.eu-west-1.amazonaws.com:443":        {helper.Client{Region: "eu-west-1"}, false},
		"api.ecr.cn-north-1.amazonaws.com.cn:443":    {helper.Client{Region: "cn-north-1"}, false},
		"ecr-fips.us-east-1.amazonaws.com:443":       {helper.Client{Region: "us-east-1", FIPS: true}, false},
		"ecr.eu-west-1.api.aws:443":                  {helper.Client{Region: "eu-west-1", DualStack: true}, false},
		"api.ecr-public.us-east-1.amazonaws.com:443": {helper.Client{Region: "us-east-1"}, true},
	} {
		t.Run(want, func(t *testing.T) {
			_, m, p := newECR(t, tt.public)
			p.Client = tt.client
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			outside.mu.Lock()
			outside.hosts, outside.seen = nil, cancel // one request says it all
			outside.mu.Unlock()
			if _, err := m.Session(ctx, p); err == nil {
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
