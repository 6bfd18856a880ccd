package awsconfig_test

import (
	"fmt"
	"strings"
	"testing"

	"credmint/helper"
	"credmint/helper/platformtest"
)

// tokenFile is an absolute path on every platform.
var tokenFile = platformtest.Abs("/var/run/token")

func TestFederatedProfiles(t *testing.T) {
	const page = "https://idp.example/app?RelayState={relay_state}"
	tests := map[string]struct {
		config string
		env    []string
		want   string
		inputs helper.Inputs
	}{
		"token file": {
			config: "[profile prod]\nrole_arn = " + role + "\nweb_identity_token_file = " + tokenFile + "\nduration_seconds = 14400\n",
			want:   "prod:web-identity 4h0m0s Admin as credmint @us-east-1",
			inputs: &helper.WebIdentityToken{File: tokenFile},
		},
		"token process, prefixed": {
			config: "[profile prod]\ncredential_process = credmint aws prod\ncredmint_role_arn = arn:aws-cn:iam::222222222222:role/Admin\n" +
				"credmint_role_session_name = ci\ncredmint_web_identity_token_process = \"/opt/my tools/token\" --audience \"a b\"\n",
			want:   "prod:web-identity 1h0m0s Admin as ci @cn-north-1",
			inputs: &helper.WebIdentityToken{Command: []string{"/opt/my tools/token", "--audience", "a b"}},
		},
		"a role of a token's role": {
			config: "[profile prod]\nrole_arn = " + role + "\nsource_profile = pod\nduration_seconds = 7200\n" +
				"[profile pod]\nrole_arn = arn:aws:iam::333333333333:role/Pod\nweb_identity_token_file = " + tokenFile + "\n",
			want: "prod:role 1h0m0s Admin as credmint @us-east-1 < pod:web-identity 1h0m0s Pod as credmint @us-east-1",
		},
		"environment": {
			config: "[profile prod]\nregion = eu-west-1\n",
			env:    []string{"AWS_PROFILE=prod", "AWS_WEB_IDENTITY_TOKEN_FILE=" + tokenFile, "AWS_ROLE_ARN=" + role, "AWS_ROLE_SESSION_NAME=pod-1"},
			want:   "prod:web-identity 1h0m0s Admin as pod-1 @eu-west-1",
			inputs: &helper.WebIdentityToken{File: tokenFile},
		},
		"the profile wins over the environment": {
			config: "[profile prod]\nrole_arn = " + role + "\nsource_profile = me\n",
			env:    []string{"AWS_PROFILE=prod", "AWS_WEB_IDENTITY_TOKEN_FILE=" + tokenFile, "AWS_ROLE_ARN=" + role},
			want:   "prod:role 1h0m0s Admin as me @us-east-1 < me:user-key 12h0m0s AKIAME in keychain @us-east-1",
		},
		"SAML process": {
			config: "[profile prod]\ncredmint_saml_process = saml-login --quiet\nrole_arn = " + role + "\nduration_seconds = 43200\n",
			want:   "prod:saml 12h0m0s Admin as  @us-east-1",
			inputs: &helper.SAMLSignIn{Command: []string{"saml-login", "--quiet"}},
		},
		"SAML page": {
			config: "[profile prod]\ncredmint_saml_url = " + page + "\ncredmint_saml_provider_arn = arn:aws:iam::222222222222:saml-provider/Corp\n",
			want:   "prod:saml 1h0m0s @us-east-1",
			inputs: &helper.SAMLSignIn{URL: page, ACS: "http://127.0.0.1:7890/saml", ProviderARN: "arn:aws:iam::222222222222:saml-provider/Corp"},
		},
		"SAML page with its own address": {
			config: "[profile prod]\nsaml_url = http://127.0.0.1:1/\nrole_arn = " + role + "\nsaml_acs_url = http://localhost:7890/redshift/\n",
			want:   "prod:saml 1h0m0s Admin as  @us-east-1",
			inputs: &helper.SAMLSignIn{URL: "http://127.0.0.1:1/", ACS: "http://localhost:7890/redshift/"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := load(t, tt.config, "", tt.env...).Profile("prod", keychain("me"))
			if err != nil {
				t.Fatal(err)
			}
			if got := chain(p); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if tt.inputs != nil && fmt.Sprintf("%+v", p.Inputs) != fmt.Sprintf("%+v", tt.inputs) {
				t.Errorf("inputs %+v\nwant   %+v", p.Inputs, tt.inputs)
			}
		})
	}
}

func TestFederatedProfileErrors(t *testing.T) {
	token := "[profile prod]\nrole_arn = " + role + "\nweb_identity_token_file = " + tokenFile + "\n"
	page := "[profile prod]\nsaml_url = https://idp.example/?RelayState={relay_state}\n"
	irsa := []string{"AWS_PROFILE=prod", "AWS_WEB_IDENTITY_TOKEN_FILE=" + tokenFile, "AWS_ROLE_ARN=" + role}
	tests := map[string]struct {
		config string
		env    []string
		want   string
	}{
		"token and source":     {token + "source_profile = me\n", nil, "config:4: source_profile: web_identity_token_file stands at line 3 already"},
		"two tokens":           {token + "web_identity_token_process = x\n", nil, "config:4: web_identity_token_process: web_identity_token_file stands at line 3"},
		"token without a role": {"[profile prod]\nweb_identity_token_file = " + tokenFile + "\n", nil, "config:2: web_identity_token_file: there is no role_arn"},
		"relative token":       {"[profile prod]\nrole_arn = " + role + "\nweb_identity_token_file = token\n", nil, "config:3: web_identity_token_file: \"token\": write the whole path"},
		"bad session name":     {token + "role_session_name = a b\n", nil, "2 to 64 letters"},
		"open quote":           {"[profile prod]\nrole_arn = " + role + "\nweb_identity_token_process = \"x y\n", nil, "config:3: web_identity_token_process: a quote is"},
		"no program":           {"[profile prod]\nrole_arn = " + role + "\nweb_identity_token_process = " + noProgram + " x\n", nil, "it names no program"},
		"environment's role":   {"", []string{"AWS_PROFILE=prod", "AWS_WEB_IDENTITY_TOKEN_FILE=" + tokenFile}, "environment: web_identity_token_file: there is no role_arn"},
		"environment's path":   {"", []string{"AWS_PROFILE=prod", "AWS_WEB_IDENTITY_TOKEN_FILE=token", "AWS_ROLE_ARN=" + role}, "write the whole path"},
		"another profile is not the environment's": {"", []string{"AWS_PROFILE=other", irsa[1], irsa[2]}, "no such profile"},
		"a source is not the environment's":        {"[profile prod]\nrole_arn = " + role + "\nsource_profile = default\n", irsa[1:], "config:3: source_profile"},

		"SAML twice":       {page + "saml_process = x\n", nil, "config:2: saml_url: saml_process stands at line 3 already"},
		"SAML and source":  {page + "credential_source = Environment\n", nil, "one source"},
		"SAML and token":   {page + "web_identity_token_process = x\n", nil, "role_arn"},
		"SAML and name":    {page + "role_session_name = me\n", nil, "config:3: role_session_name: it does not go with saml_url at line 2"},
		"SAML and MFA":     {page + "mfa_serial = 123456789\n", nil, "it does not go with saml_url"},
		"SAML's role":      {page + "role_arn = Admin\n", nil, "no role's ARN"},
		"SAML's provider":  {page + "saml_provider_arn = " + role + "\n", nil, "no SAML provider's ARN: write arn:aws:iam::ACCOUNT:saml-provider/NAME"},
		"SAML from any":    {"[profile prod]\nsaml_url = https://idp.example/\n", nil, "config:2: saml_url: put {relay_state} where the page takes a RelayState, or write a saml_provider_arn"},
		"page in clear":    {"[profile prod]\nsaml_url = http://idp.example/?s={relay_state}\n", nil, "write its address, with https"},
		"no page":          {"[profile prod]\nsaml_url = idp.example{relay_state}\n", nil, "write its address, with https"},
		"page's password":  {"[profile prod]\nsaml_url = https://u:p@idp.example/{relay_state}\n", nil, "write its address, with https"},
		"ACS elsewhere":    {page + "saml_acs_url = http://192.168.1.1:7890/saml\n", nil, "config:3: saml_acs_url"},
		"ACS without port": {page + "saml_acs_url = http://127.0.0.1/saml\n", nil, "write http://127.0.0.1:PORT/PATH"},
		"ACS with query":   {page + "saml_acs_url = http://127.0.0.1:1/saml?x\n", nil, "write http://127.0.0.1:PORT/PATH"},
		"ACS with TLS":     {page + "saml_acs_url = https://127.0.0.1:1/saml\n", nil, "write http://127.0.0.1:PORT/PATH"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := load(t, tt.config, "", tt.env...).Profile("prod", keychain("me"))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, error %v, want one with %q", p, err, tt.want)
			}
		})
	}
}

// An MFA serial that a role above wants asked has no place at a token.
func TestSerialEndsAtAToken(t *testing.T) {
	p, err := load(t, "[profile prod]\nrole_arn = "+role+"\nsource_profile = pod\nmfa_serial = 123456789\n"+
		"[profile pod]\nrole_arn = arn:aws:iam::333333333333:role/Pod\nweb_identity_token_file = "+tokenFile+"\n", "").Profile("prod", keychain())
	if err != nil || p.MFASerial != "" || p.Source.MFASerial != "" {
		t.Errorf("%+v, %v", p, err)
	}
}
