package awsconfig_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/platformtest"
)

const (
	anchorARN   = "arn:aws:rolesanywhere:eu-west-1:111111111111:trust-anchor/4579702c"
	anywhereARN = "arn:aws:rolesanywhere:eu-west-1:111111111111:profile/41cd4dff"
)

// certificateFile is a file with some text in it.
func certificateFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cert.pem")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func anywhereConfig(file, more string) string {
	return "[profile prod]\nregion = us-east-1\ncredmint_roles_anywhere_trust_anchor_arn = " + anchorARN +
		"\ncredmint_roles_anywhere_profile_arn = " + anywhereARN + "\ncredmint_role_arn = " + role +
		"\ncredmint_roles_anywhere_certificate = " + file + "\n" + more
}

func TestRolesAnywhere(t *testing.T) {
	file, key, chain := certificateFile(t, "x"), platformtest.Abs("/k.pem"), platformtest.Abs("/c.pem")
	p, err := load(t, anywhereConfig(file, "roles_anywhere_private_key = "+key+"\nroles_anywhere_intermediates = "+chain+"\n"+
		"duration_seconds = 43200\nrole_session_name = me\nuse_fips_endpoint = true\n"), "", "AWS_REGION=ap-south-1").Profile("prod", keychain("prod"))
	if err != nil {
		t.Fatal(err)
	}
	in, ok := p.Inputs.(*helper.Certificate)
	if !ok || p.Kind != helper.RolesAnywhere || p.Source != nil || p.RoleARN != role || p.Duration != 12*time.Hour || p.RoleSessionName != "me" {
		t.Fatalf("%+v", p)
	}
	// The region is the trust anchor's, whatever the profile or the environment want for other services.
	if p.Client != (helper.Client{Region: "eu-west-1", FIPS: true}) {
		t.Errorf("client %+v", p.Client)
	}
	want := helper.Certificate{
		TrustAnchorARN: anchorARN, ProfileARN: anywhereARN, File: file, KeyFile: key, ChainFile: chain,
		Fingerprint: "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
	}
	if *in != want {
		t.Errorf("got  %+v\nwant %+v", *in, want)
	}
	if p.Attended() || p.AccountID() != "222222222222" {
		t.Errorf("attended %v, account %s", p.Attended(), p.AccountID())
	}
}

// Another certificate in the same file is another session, and so is the next link's.
func TestAnotherCertificateIsAnotherSession(t *testing.T) {
	file := certificateFile(t, "one")
	config := anywhereConfig(file, "[profile next]\nrole_arn = arn:aws:iam::333333333333:role/Next\nsource_profile = prod\nduration_seconds = 7200\n")
	key := func(profile string) helper.Key {
		p, err := load(t, config, "").Profile(profile, keychain())
		if err != nil {
			t.Fatal(err)
		}
		if profile == "next" && (p.Duration != time.Hour || p.Source.Kind != helper.RolesAnywhere) {
			t.Errorf("%s: %s from %s", profile, p.Duration, p.Source.Kind)
		}
		return p.Key()
	}
	for _, profile := range []string{"prod", "next"} {
		if err := os.WriteFile(file, []byte("one"), 0o644); err != nil {
			t.Fatal(err)
		}
		one := key(profile)
		if key(profile) != one {
			t.Errorf("%s: the same certificate is another session", profile)
		}
		if err := os.WriteFile(file, []byte("two"), 0o644); err != nil {
			t.Fatal(err)
		}
		if key(profile) == one {
			t.Errorf("%s: another certificate is the same session", profile)
		}
	}
}

func TestRolesAnywhereErrors(t *testing.T) {
	file, gone := certificateFile(t, "x"), platformtest.Abs("/gone.pem")
	whole := anywhereConfig(file, "")
	without := func(name string) string {
		var kept []string
		for line := range strings.Lines(whole) {
			if !strings.HasPrefix(line, "credmint_"+name) {
				kept = append(kept, line)
			}
		}
		return strings.Join(kept, "")
	}
	tests := map[string]struct{ config, want string }{
		"no anchor":            {without("roles_anywhere_trust"), "roles_anywhere_profile_arn: there is no roles_anywhere_trust_anchor_arn beside it"},
		"nothing but a file":   {"[profile prod]\nroles_anywhere_certificate = /x\n", "there is no roles_anywhere_trust_anchor_arn beside it"},
		"no profile":           {without("roles_anywhere_profile"), "config:3: credmint_roles_anywhere_trust_anchor_arn: there is no roles_anywhere_profile_arn"},
		"no role":              {without("role_arn"), "there is no role_arn beside it"},
		"no certificate":       {without("roles_anywhere_cert"), "there is no roles_anywhere_certificate beside it"},
		"no such certificate":  {strings.ReplaceAll(whole, file, gone), "config:6: credmint_roles_anywhere_certificate: open " + gone},
		"relative certificate": {strings.ReplaceAll(whole, file, "cert.pem"), `"cert.pem": write the whole path`},
		"relative key":         {whole + "roles_anywhere_private_key = ~/key.pem\n", `config:7: roles_anywhere_private_key: "~/key.pem": write the whole path`},
		"no anchor's ARN":      {strings.Replace(whole, "trust-anchor/", "profile/", 1), "no trust anchor's ARN: write arn:aws:rolesanywhere:REGION:ACCOUNT:trust-anchor/ID"},
		"no profile's ARN":     {strings.Replace(whole, ":profile/", ":trust-anchor/", 1), "no IAM Roles Anywhere profile's ARN"},
		"no region":            {strings.Replace(whole, "eu-west-1", "evil.example/", 1), "no trust anchor's ARN"},
		"another region":       {strings.Replace(whole, "eu-west-1", "eu-west-2", 1), "config:4: credmint_roles_anywhere_profile_arn: it is in another region or account than the trust anchor at line 3"},
		"another account":      {strings.Replace(whole, ":111111111111:", ":444444444444:", 1), "another region or account"},
		"no role's ARN":        {strings.Replace(whole, role, "Admin", 1), "no role's ARN"},
		"too short":            {whole + "duration_seconds = 899\n", "AWS takes 900 to 43200 seconds here"},
		"too long":             {whole + "duration_seconds = 43201\n", "AWS takes 900 to 43200 seconds here"},
		"two sources":          {whole + "source_profile = me\n", "config:7: source_profile: credmint_roles_anywhere_trust_anchor_arn stands at line 3 already"},
		"MFA":                  {whole + "mfa_serial = 123456789\n", "config:7: mfa_serial: it does not go with credmint_roles_anywhere_trust_anchor_arn at line 3"},
		"an external id":       {whole + "external_id = x\n", "it does not go with"},
		"a policy":             {whole + "session_policy = /p.json\n", "it does not go with"},
		"a session name":       {whole + "role_session_name = a b\n", "2 to 64 letters"},
		"clear-text endpoint":  {whole + "endpoint_url = http://192.0.2.1\n", "in clear"},
		"a directory, no file": {strings.ReplaceAll(whole, file, filepath.Dir(file)), "it is not a regular file"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, tt.config, "").Profile("prod", keychain("me"))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
