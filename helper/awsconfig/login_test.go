package awsconfig_test

import (
	"path/filepath"
	"strings"
	"testing"

	"credmint/helper"
	"credmint/helper/awsconfig"
)

const (
	alice = "arn:aws:iam::111111111111:user/team/alice"
	root  = "arn:aws:iam::111111111111:root"
)

func TestLogin(t *testing.T) {
	tests := map[string]struct {
		config       string
		env          []string
		arn          string
		region, host string
	}{
		"plain":         {config: "[profile me]\nlogin_session = " + alice + "\n", arn: alice, region: "us-east-1"},
		"prefixed wins": {config: "[profile me]\ncredmint_login_session = " + alice + "\nlogin_session = " + root + "\n", arn: alice, region: "us-east-1"},
		"beside our own line": {
			config: "[profile me]\ncredential_process = credmint aws me\ncredmint_login_session = " + alice + "\n", arn: alice, region: "us-east-1",
		},
		"before another's line": {
			config: "[profile me]\ncredential_process = aws-vault exec me\nlogin_session = " + alice + "\n", arn: alice, region: "us-east-1",
		},
		"region":    {config: "[profile me]\nregion = eu-west-1\nlogin_session = " + alice + "\n", arn: alice, region: "eu-west-1"},
		"partition": {config: "[profile me]\nlogin_session = " + strings.Replace(alice, ":aws:", ":aws-cn:", 1) + "\n", arn: strings.Replace(alice, ":aws:", ":aws-cn:", 1), region: "cn-north-1"},
		"endpoint": {
			config: "[profile me]\nlogin_session = " + alice + "\n", env: []string{"AWS_ENDPOINT_URL_SIGNIN=http://127.0.0.1:1", "AWS_ENDPOINT_URL_STS=http://127.0.0.1:2"},
			arn: alice, region: "us-east-1", host: "http://127.0.0.1:1",
		},
		"root who insists": {config: "[profile me]\nlogin_session = " + root + "\ncredmint_allow_root = true\n", arn: root, region: "us-east-1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := load(t, tt.config, "", tt.env...).Profile("me", keychain())
			if err != nil {
				t.Fatal(err)
			}
			if p.Kind != helper.Login || p.Identity() != tt.arn || p.AccountID() != "111111111111" || p.Client.Region != tt.region || p.Client.Endpoint != tt.host {
				t.Errorf("%s of %s in %s, %+v", p.Kind, p.Identity(), p.AccountID(), p.Client)
			}
		})
	}
}

func TestLoginRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ config, want string }{
		"no ARN":     {"[profile me]\nlogin_session = alice\n", `config:2: login_session: "alice" is no identity's ARN`},
		"role":       {"[profile me]\nlogin_session = arn:aws:iam::111111111111:role/Admin\n", "is no identity's ARN"},
		"root":       {"[profile me]\nlogin_session = " + root + "\n", "config:2: login_session: this is the root user"},
		"root, no":   {"[profile me]\nlogin_session = " + root + "\ncredmint_allow_root = no\n", "this is the root user"},
		"as source":  {"[profile me]\nrole_arn = arn:aws:iam::222222222222:role/A\nsource_profile = r\n[profile r]\nlogin_session = " + root + "\n", "this is the root user"},
		"plain http": {"[profile me]\nlogin_session = " + alice + "\nendpoint_url = http://a.example\n", "in clear"},
	} {
		if _, err := load(t, tt.config, "").Profile("me", keychain()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q in it", name, err, tt.want)
		}
	}
}

// An access key goes before a sign-in, and Identity Center does, as in the SDKs; a role is assumed from one.
func TestLoginAmongOthers(t *testing.T) {
	const login = "login_session = " + alice + "\n"
	for name, tt := range map[string]struct {
		config string
		kind   helper.Kind
	}{
		"key":             {"[profile me]\naws_access_key_id = AKIA\naws_secret_access_key = s\n" + login, helper.UserKey},
		"identity center": {corp + "[profile me]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = R\n" + login, helper.SSORole},
	} {
		p, err := load(t, tt.config, "").Profile("me", keychain())
		if err != nil || p.Kind != tt.kind {
			t.Errorf("%s: %+v, error %v; want %s", name, p, err, tt.kind)
		}
	}
	p, err := load(t, "[profile me]\nrole_arn = arn:aws:iam::222222222222:role/A\nsource_profile = l\nduration_seconds = 7200\n[profile l]\n"+login, "").Profile("me", keychain())
	if err != nil || p.Source.Kind != helper.Login || p.RoleSessionName != "alice" || p.Duration.Hours() != 1 || p.Direct {
		t.Errorf("role from a sign-in: %+v, error %v", p, err)
	}
}

func TestFirstLogin(t *testing.T) {
	for name, tt := range map[string]struct {
		config, setting, was string
		root                 bool
	}{
		"no profile": {"", "credmint_login_session", "", false},
		"a name":     {"[profile me]\nlogin_session = someday\n", "login_session", "someday", false},
		"prefixed":   {"[profile me]\ncredmint_login_session = " + alice + "\n", "credmint_login_session", alice, false},
		"root":       {"[profile me]\ncredmint_allow_root = true\n", "credmint_login_session", "", true},
	} {
		first, err := load(t, tt.config, "").FirstLogin("me")
		if err != nil || first.Setting != tt.setting || first.Was != tt.was || first.Root != tt.root ||
			first.Profile.Kind != helper.Login || first.Profile.Identity() != "" || first.Profile.Client.Region != "us-east-1" {
			t.Errorf("%s: %+v, error %v", name, first, err)
		}
	}
}

func TestLoginCache(t *testing.T) {
	for name, tt := range map[string]struct{ named, home, want string }{
		"default":        {"", "/home/a", filepath.Join("/home/a", ".aws", "login", "cache")},
		"named":          {"/cache", "/home/a", "/cache"},
		"in the home":    {"~/cache", "/home/a", filepath.Join("/home/a", "cache")},
		"without a home": {"", "", ""},
	} {
		getenv := func(name string) string { return map[string]string{"AWS_LOGIN_CACHE_DIRECTORY": tt.named}[name] }
		if got := awsconfig.LoginCache(getenv, tt.home); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
