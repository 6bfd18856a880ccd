package mint_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint"
	"credmint/helper/mint/awstest"
)

// The hosts are AWS's: https://docs.aws.amazon.com/general/latest/gr/signin-service.html and the documents of each partition.
func TestConsoleHosts(t *testing.T) {
	for region, want := range map[string][2]string{
		"us-east-1":      {"us-east-1.signin.aws.amazon.com", "console.aws.amazon.com"},
		"cn-north-1":     {"cn-north-1.signin.amazonaws.cn", "console.amazonaws.cn"},
		"us-gov-west-1":  {"us-gov-west-1.signin.amazonaws-us-gov.com", "console.amazonaws-us-gov.com"},
		"eusc-de-east-1": {"eusc-de-east-1.signin.amazonaws-eusc.eu", "console.amazonaws-eusc.eu"},
		"us-iso-east-1":  {"us-iso-east-1.signin.c2shome.ic.gov", "console.c2shome.ic.gov"},
		"us-isob-east-1": {"us-isob-east-1.signin.sc2shome.sgov.gov", "console.sc2shome.sgov.gov"},
		"us-isof-east-1": {"us-isof-east-1.signin.csphome.hci.ic.gov", "console.csphome.hci.ic.gov"},
		"eu-isoe-west-1": {"eu-isoe-west-1.signin.csphome.adc-e.uk", "console.csphome.adc-e.uk"},
	} {
		h, err := mint.ConsoleHosts(t.Context(), region)
		if err != nil || [2]string{h.SignIn, h.Domain} != want {
			t.Errorf("%s: %+v, %v, want %v", region, h, err, want)
		}
	}
}

func TestMayVisitConsole(t *testing.T) {
	user := &helper.Profile{Kind: helper.UserKey}
	role := &helper.Profile{Kind: helper.Role, Source: user}
	for name, tt := range map[string]struct {
		p        *helper.Profile
		duration time.Duration
		may      bool
	}{
		"user":         {user, 0, false},
		"raw key":      {&helper.Profile{Kind: helper.RawKey}, 0, false},
		"root task":    {&helper.Profile{Kind: helper.RootTask}, 0, false},
		"role":         {role, 0, true},
		"role longer":  {role, time.Hour, false},
		"direct":       {&helper.Profile{Kind: helper.Role, Source: user, Direct: true}, 12 * time.Hour, true},
		"too long":     {&helper.Profile{Kind: helper.Role, Source: user, Direct: true}, 12*time.Hour + time.Second, false},
		"too short":    {&helper.Profile{Kind: helper.SAML}, 15*time.Minute - time.Second, false},
		"SAML":         {&helper.Profile{Kind: helper.SAML}, 15 * time.Minute, true},
		"web identity": {&helper.Profile{Kind: helper.WebIdentity}, time.Hour, true},
		"chained":      {&helper.Profile{Kind: helper.Role, Source: role}, time.Hour, false},
		"SSO":          {&helper.Profile{Kind: helper.SSORole}, time.Hour, false},
		"federated":    {&helper.Profile{Kind: helper.Federation}, time.Hour, false},
	} {
		if err := mint.MayVisitConsole(tt.p, tt.duration); (err == nil) != tt.may {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What the loopback console takes is what AWS takes: sessions of its own that last, of kinds that it lets in.
func TestConsoleURL(t *testing.T) {
	aws := awstest.New()
	p := &helper.Profile{Name: "p", Client: helper.Client{Region: "eu-west-1", Endpoint: aws.Start()}}
	t.Cleanup(aws.Close)
	alice := aws.AddUser("111111111111", "alice")
	aws.AddRole("arn:aws:iam::222222222222:role/Reader", awstest.Trust{Principals: []string{alice.ARN}, MaxDuration: 2 * time.Hour})
	key := helper.AccessKey{ID: alice.AccessKeyID, Secret: alice.Secret}
	role, err := (&mint.AssumeRole{Keys: keyOf(key), Now: time.Now, Network: &mint.Network{}}).Session(t.Context(), &helper.Profile{
		Name: "p", Kind: helper.Role, Direct: true, Client: p.Client, Source: &helper.Profile{Name: "me"},
		RoleARN: "arn:aws:iam::222222222222:role/Reader", RoleSessionName: "alice", Duration: 2 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	user, err := (&mint.SessionToken{Keys: keyOf(key), Now: time.Now, Network: &mint.Network{}}).Session(t.Context(), &helper.Profile{
		Name: "me", Kind: helper.UserKey, Client: p.Client, Duration: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	forged := role
	forged.SecretAccessKey = user.SecretAccessKey
	visit := mint.ConsoleVisit{Destination: "https://console.aws.amazon.com/", Duration: 3 * time.Hour}
	for name, s := range map[string]helper.Session{"GetSessionToken": user, "forged": forged, "key": {AccessKeyID: key.ID, SecretAccessKey: key.Secret}} {
		if address, err := (&mint.Network{}).ConsoleURL(t.Context(), p, s, visit); err == nil {
			t.Errorf("%s: %s", name, address)
		}
	}
	address, err := (&mint.Network{}).ConsoleURL(t.Context(), p, role, visit)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]int{
		address:        http.StatusOK,
		address + "x":  http.StatusBadRequest, // another token
		address + "&x": http.StatusBadRequest,
	} {
		resp, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", address, resp.StatusCode, want)
		}
	}
	aws.Expire(role.AccessKeyID)
	if address, err := (&mint.Network{}).ConsoleURL(t.Context(), p, role, visit); err == nil {
		t.Errorf("expired: %s", address)
	}
	resp, err := http.PostForm(p.Client.Endpoint+"/federation?Action=getSigninToken", url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a request in the address: %d", resp.StatusCode)
	}
}

func keyOf(key helper.AccessKey) mint.Keys {
	return func(context.Context, *helper.Profile) (helper.AccessKey, error) { return key, nil }
}
