package awsconfig_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"credmint/helper"
	"credmint/helper/awsconfig"
)

const (
	corp = "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start/#/\nsso_region = eu-west-1\n"
	dev  = "[profile dev]\nregion = us-east-2\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Reader\n"
)

func TestIdentityCenter(t *testing.T) {
	const legacy = "[profile dev]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 111111111111\nsso_role_name = Reader\n"
	session := helper.SSOSession{
		Name: "corp", StartURL: "https://corp.awsapps.com/start/#/", Region: "eu-west-1", Scopes: []string{"sso:account:access"},
	}
	scoped := session
	scoped.Scopes = []string{"sso:account:access", "codewhisperer:completions"}
	local := session
	local.Portal = "http://127.0.0.1:2"
	tests := map[string]struct {
		config string
		env    []string
		want   helper.SSOSession
		name   string // of the sign-in's link
		auto   bool
		client string // of the sign-in
		portal string // the role's endpoint
	}{
		"session":  {config: corp + dev, want: session, name: "corp"},
		"prefixed": {config: strings.ReplaceAll(corp+dev, "sso_", "credmint_sso_"), want: session, name: "corp"},
		"the same setting in the profile": {
			config: corp + dev + "sso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start/#/\n", want: session, name: "corp",
		},
		"scopes":    {config: corp + "sso_registration_scopes = sso:account:access, codewhisperer:completions,\n" + dev, want: scoped, name: "corp"},
		"legacy":    {config: legacy, want: helper.SSOSession{StartURL: "https://corp.awsapps.com/start", Region: "eu-west-1"}, name: "dev"},
		"auto":      {config: corp + dev + "credmint_auto_login = true\n", want: session, name: "corp", auto: true},
		"auto, all": {config: corp + "credmint_auto_login = true\n" + dev, want: session, name: "corp", auto: true},
		"endpoints": {
			config: corp + dev + "services = s\n[services s]\nsso =\n  endpoint_url = http://127.0.0.1:2\nsso_oidc =\n  endpoint_url = http://127.0.0.1:1\n",
			want:   local, name: "corp", client: "http://127.0.0.1:1", portal: "http://127.0.0.1:2",
		},
		"endpoints of the environment": {
			config: corp + dev, env: []string{"AWS_ENDPOINT_URL_SSO=http://127.0.0.1:2", "AWS_ENDPOINT_URL_SSO_OIDC=http://127.0.0.1:1"},
			want: local, name: "corp", client: "http://127.0.0.1:1", portal: "http://127.0.0.1:2",
		},
		"the session's region, whatever others say": {config: corp + dev, env: []string{"AWS_REGION=ap-south-1"}, want: session, name: "corp"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := load(t, tt.config, "", tt.env...).Profile("dev", keychain())
			if err != nil {
				t.Fatal(err)
			}
			role, ok := p.Inputs.(*helper.SSOAssignment)
			if !ok || p.Kind != helper.SSORole || *role != (helper.SSOAssignment{AccountID: "111111111111", RoleName: "Reader"}) {
				t.Fatalf("%s with %+v", p.Kind, p.Inputs)
			}
			signIn := p.Source
			if got := fmt.Sprintf("%+v", *signIn.Inputs.(*helper.SSOSession)); got != fmt.Sprintf("%+v", tt.want) {
				t.Errorf("sign-in %s, want %+v", got, tt.want)
			}
			if signIn.Kind != helper.SSOSignIn || signIn.Name != tt.name || signIn.AutoLogin != tt.auto || p.AutoLogin != tt.auto {
				t.Errorf("link %q of kind %s, auto %v and %v", signIn.Name, signIn.Kind, signIn.AutoLogin, p.AutoLogin)
			}
			if signIn.Client.Endpoint != tt.client || p.Client.Endpoint != tt.portal ||
				signIn.Client.Region != "eu-west-1" || p.Client.Region != "eu-west-1" {
				t.Errorf("called at %+v and %+v", signIn.Client, p.Client)
			}
		})
	}
}

func TestIdentityCenterErrors(t *testing.T) {
	tests := map[string]struct{ config, want string }{
		"no such session": {dev, "config:3: sso_session: there is no [sso-session corp]"},
		"no account":      {corp + "[profile dev]\nsso_session = corp\nsso_role_name = R\n", "config:5: sso_session: there is no sso_account_id"},
		"no role":         {corp + "[profile dev]\nsso_session = corp\nsso_account_id = 111111111111\n", "config:5: sso_session: there is no sso_role_name"},
		"no account, as a name": {
			corp + "[profile dev]\nsso_session = corp\nsso_account_id = prod\nsso_role_name = R\n", "config:6: sso_account_id: \"prod\" is no account",
		},
		"another region": {corp + dev + "sso_region = us-east-1\n", "config:9: sso_region: [sso-session corp] says \"eu-west-1\" at line 3"},
		"another start URL": {
			corp + dev + "sso_start_url = https://x.awsapps.com/start\n", "config:9: sso_start_url: [sso-session corp] says",
		},
		"no region":     {"[sso-session corp]\nsso_start_url = https://c.awsapps.com/start\n" + dev, "config:2: sso_start_url: there is no sso_region"},
		"no start URL":  {"[sso-session corp]\nsso_region = eu-west-1\n" + dev, "config:1: there is no sso_start_url"},
		"bad region":    {"[sso-session corp]\nsso_start_url = https://c.awsapps.com/start\nsso_region = evil.example/\n" + dev, "config:3: sso_region"},
		"clear text":    {"[sso-session corp]\nsso_start_url = http://c.awsapps.com/start\nsso_region = eu-west-1\n" + dev, "config:2: sso_start_url"},
		"other scheme":  {"[sso-session corp]\nsso_start_url = file:///etc/passwd\nsso_region = eu-west-1\n" + dev, "is no access portal"},
		"with password": {"[sso-session corp]\nsso_start_url = https://a:b@c.awsapps.com/start\nsso_region = eu-west-1\n" + dev, "is no access portal"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tt.config, "").Profile("dev", keychain())
			if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, awsconfig.ErrNoProfile) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// A role, and a key of the profile's own, come first, as in the SDKs.
func TestIdentityCenterIsNotFirst(t *testing.T) {
	p, err := load(t, corp+dev+"role_arn = "+role+"\nsource_profile = base\n[profile base]\n"+strings.SplitN(dev, "\n", 2)[1], "").Profile("dev", keychain())
	if err != nil || p.Kind != helper.Role || p.Source.Kind != helper.SSORole || p.Source.Source.Name != "corp" {
		t.Errorf("%v, %v", p, err)
	}
	p, err = load(t, corp+dev, "").Profile("dev", keychain("dev"))
	if err != nil || p.Kind != helper.UserKey {
		t.Errorf("%v, %v", p, err)
	}
}

// A sign-in by the session's name is the one that its profiles share, even if only they know how AWS is called.
func TestSSOSession(t *testing.T) {
	config := load(t, "[sso-session other]\n[profile me]\nregion = us-east-1\n"+corp+"[profile x]\n"+dev+"endpoint_url = http://127.0.0.1:1\n", "")
	p, err := config.Profile("dev", keychain())
	if err != nil {
		t.Fatal(err)
	}
	signIn, err := config.SSOSession("corp")
	if err != nil {
		t.Fatal(err)
	}
	if signIn.Key() != p.Source.Key() || signIn.Name != "corp" || len(signIn.Settings) == 0 {
		t.Errorf("%+v, and the profile's is %+v", signIn, p.Source)
	}
	config.Names() // lists all sections, after which they are found in another way
	if again, err := config.SSOSession("corp"); err != nil || again.Key() != signIn.Key() {
		t.Errorf("once listed: %+v, %v", again, err)
	}
	if got := config.SSOSessions(); !slices.Equal(got, []string{"other", "corp"}) {
		t.Errorf("sessions %q", got)
	}
	for name, want := range map[string]string{"gone": "there is no such profile or [sso-session]", "other": "there is no sso_start_url"} {
		if _, err := config.SSOSession(name); err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, awsconfig.ErrNoProfile) != (name == "gone") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
