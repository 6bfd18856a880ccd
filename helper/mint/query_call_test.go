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

// newGit is alice's IAM, as her own key sees it.
func newGit(t *testing.T) (*awstest.AWS, *mint.GitCredentials) {
	t.Helper()
	aws := awstest.New()
	url := aws.Start()
	t.Cleanup(aws.Close)
	alice := aws.AddUser("111111111111", "alice")
	p := &helper.Profile{Name: "me", Client: helper.Client{Region: "eu-west-1", Endpoint: url}}
	s := helper.Session{AccessKeyID: alice.AccessKeyID, SecretAccessKey: alice.Secret}
	return aws, new(mint.Network).GitCredentials(p, s, "alice")
}

func TestIAMAnswers(t *testing.T) {
	_, git := newGit(t)
	made, err := git.Create(t.Context())
	if err != nil || made.UserName != "alice-at-111111111111" || !made.Active || !made.Password.IsSet() || time.Since(made.Created) > time.Minute {
		t.Fatalf("Create() = %+v, %v", made, err)
	}
	second, err := git.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	list, err := git.List(t.Context())
	if err != nil || len(list) != 2 || list[0].ID != made.ID || list[1].ID != second.ID || list[0].Password.IsSet() {
		t.Errorf("List() = %+v, %v", list, err)
	}
	if err := git.Delete(t.Context(), made.ID); err != nil {
		t.Error(err)
	}
	if err := git.Delete(t.Context(), made.ID); err == nil || !strings.Contains(err.Error(), "NoSuchEntity") || !strings.Contains(err.Error(), made.ID) {
		t.Errorf("deleted twice: %v", err)
	}
}

// What does not speak like AWS. The rest is what every signed call does, see TestSecretFaults.
func TestIAMFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		fault awstest.Fault
		want  string
	}{
		"html":          {awstest.Fault{Status: http.StatusOK, Body: "<html>a proxy</html>"}, "does not speak like AWS"},
		"html, refused": {awstest.Fault{Status: http.StatusForbidden, Body: "<html>a proxy</html>"}, "does not speak like AWS"},
		"cut short":     {awstest.Fault{Truncate: true}, "does not speak like AWS"},
		"refused":       {awstest.Fault{Code: "AccessDenied", Message: "no & never"}, "AWS refused CreateServiceSpecificCredential: AccessDenied: no & never"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			aws, git := newGit(t)
			aws.SetFault("", tt.fault)
			if _, err := git.Create(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), `profile "me"`) {
				t.Errorf("%v; want %q", err, tt.want)
			}
		})
	}
}

// What creates something is not sent again, unless nothing can have come of it.
func TestIAMTriesAgain(t *testing.T) {
	aws, git := newGit(t)
	fault := awstest.Fault{Status: http.StatusServiceUnavailable, Body: "<html></html>", Times: 1}
	aws.SetFault("", fault)
	if _, err := git.Create(t.Context()); err == nil || !strings.Contains(err.Error(), "HTTP status 503") || len(aws.Log()) != 1 {
		t.Errorf("%v after %d calls; want one", err, len(aws.Log()))
	}
	aws.SetFault("", awstest.Fault{Throttle: 1})
	if _, err := git.Create(t.Context()); err != nil || len(aws.Log()) != 3 {
		t.Errorf("%v after %d calls; want three", err, len(aws.Log()))
	}
	aws.SetFault("", fault)
	if _, err := git.List(t.Context()); err != nil || len(aws.Log()) != 5 {
		t.Errorf("%v after %d calls; want five", err, len(aws.Log()))
	}
}

// Where requests go, by what a profile says. The hosts are those of the SDK's client.
func TestIAMEndpoints(t *testing.T) {
	for want, p := range map[string]helper.Profile{
		"iam.amazonaws.com":                   {Client: helper.Client{Region: "eu-west-1"}},
		"iam-fips.amazonaws.com":              {Client: helper.Client{Region: "us-west-2", FIPS: true}},
		"iam.global.api.aws":                  {Client: helper.Client{Region: "eu-west-1", DualStack: true}},
		"iam-fips.global.api.aws":             {Client: helper.Client{Region: "us-west-2", DualStack: true, FIPS: true}},
		"iam.cn-north-1.amazonaws.com.cn":     {Client: helper.Client{Region: "cn-northwest-1"}},
		"iam.us-gov.amazonaws.com":            {KeyRef: helper.KeyRef{UserARN: "arn:aws-us-gov:iam::111111111111:user/me"}, Client: helper.Client{Region: "us-east-1"}},
		"iam.us-gov.api.aws":                  {Client: helper.Client{Region: "us-gov-east-1", DualStack: true, FIPS: true}},
		"iam.us-iso-east-1.c2s.ic.gov":        {Client: helper.Client{Region: "us-iso-west-1"}},
		"iam.us-isob-east-1.sc2s.sgov.gov":    {Client: helper.Client{Region: "us-isob-east-1"}},
		"iam.eu-isoe-west-1.cloud.adc-e.uk":   {Client: helper.Client{Region: "eu-isoe-west-1"}},
		"iam-fips.csp.hci.ic.gov":             {Client: helper.Client{Region: "us-isof-east-1", FIPS: true}},
		"iam.global.api.amazonwebservices.eu": {Client: helper.Client{Region: "eusc-de-east-1", DualStack: true}},
		"proxy.example:8443":                  {Client: helper.Client{Region: "eu-west-1", Endpoint: "https://proxy.example:8443"}},
	} {
		t.Run(want, func(t *testing.T) {
			if !strings.Contains(want, ":") {
				want += ":443"
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			outside.mu.Lock()
			outside.hosts, outside.seen = nil, cancel // one request says it all
			outside.mu.Unlock()
			if _, err := new(mint.Network).GitCredentials(&p, helper.Session{AccessKeyID: "AKIA", SecretAccessKey: "x"}, "me").List(ctx); err == nil {
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
