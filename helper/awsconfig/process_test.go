package awsconfig_test

import (
	"slices"
	"strings"
	"testing"

	"credmint/helper"
)

func TestProcess(t *testing.T) {
	tests := map[string]struct {
		config string
		want   []string
	}{
		"another program":                {"[profile prod]\ncredential_process = aws-vault export \"my prod\"\n", []string{"aws-vault", "export", "my prod"}},
		"the prefixed one wins":          {"[profile prod]\ncredential_process = credmint aws prod\ncredmint_credential_process = other x\n", []string{"other", "x"}},
		"over another program, too":      {"[profile prod]\ncredential_process = first\ncredmint_credential_process = other\n", []string{"other"}},
		"quotes at both ends":            {"[profile prod]\ncredential_process = \"/a b/x\" aws \"c d\"\n", []string{"/a b/x", "aws", "c d"}},
		"one word in quotes":             {"[profile prod]\ncredential_process = \"/a b/x\"\n", []string{"/a b/x"}},
		"nothing is expanded":            {"[profile prod]\ncredential_process = x $HOME ~ a|b\n", []string{"x", "$HOME", "~", "a|b"}},
		"no shell's comment":             {"[profile prod]\ncredential_process = x a#b\n", []string{"x", "a#b"}},
		"a program that looks like us":   {"[profile prod]\ncredential_process = /x/notcredmint aws prod\n", []string{"/x/notcredmint", "aws", "prod"}},
		"we follow ourselves to it":      {"[profile prod]\ncredential_process = credmint aws b\n[profile b]\ncredential_process = other\n", []string{"other"}},
		"ours with quotes is no other's": {"[profile prod]\ncredential_process = \"/a b/credmint\" aws \"prod\"\ncredmint_credential_process = other\n", []string{"other"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := load(t, tt.config, "").Profile("prod", keychain())
			if err != nil {
				t.Fatal(err)
			}
			in, ok := p.Inputs.(*helper.ProcessCommand)
			if p.Kind != helper.Process || !ok || !slices.Equal(in.Command, tt.want) || !p.Attended() {
				t.Errorf("kind %s, command %q", p.Kind, in.Command)
			}
		})
	}
}

// A key of the profile's own, in either place, wins over its process, as in the SDKs.
func TestAKeyWinsOverAProcess(t *testing.T) {
	p, err := load(t, "[profile prod]\ncredential_process = other\n", "").Profile("prod", keychain("prod"))
	if err != nil || p.Kind != helper.UserKey {
		t.Errorf("kind %s, %v", p.Kind, err)
	}
}

// The device of a role whose source is a process is asked for the role itself: AWS takes a code only with a long-lived
// key, and only the process knows whether it has one.
func TestARoleFromAProcessAsksItself(t *testing.T) {
	p, err := load(t, "[profile prod]\nrole_arn = "+role+"\nsource_profile = b\nmfa_serial = 123456789\nmfa_process = code\nduration_seconds = 7200\n"+
		"[profile b]\ncredential_process = other\n", "").Profile("prod", keychain())
	if err != nil {
		t.Fatal(err)
	}
	if got := chain(p); got != "prod:role 1h0m0s Admin as credmint mfa 123456789 @us-east-1 < b:process 0s @" || p.MFAProcess[0] != "code" {
		t.Errorf("got %s, codes from %q", got, p.MFAProcess)
	}
}

// A program that asks credmint for what credmint asks it is told so, whatever it calls credmint.
func TestProcessLoop(t *testing.T) {
	const config = "[profile prod]\ncredential_process = other a\n[profile b]\ncredential_process = other b\n" +
		"[profile r]\nrole_arn = " + role + "\nsource_profile = prod\n"
	parents := func(profile string, env ...string) (string, error) {
		p, err := load(t, config, "", env...).Profile(profile, keychain())
		if err != nil {
			return "", err
		}
		links := p.Links()
		return links[len(links)-1].Inputs.(*helper.ProcessCommand).Parents, nil
	}
	first, err := parents("prod")
	if err != nil || !strings.HasSuffix(first, ":prod") {
		t.Fatalf("%q, %v", first, err)
	}
	second, err := parents("b", "CREDMINT_PARENT="+first)
	if err != nil || !strings.HasPrefix(second, first+";") || !strings.HasSuffix(second, ":b") {
		t.Fatalf("%q, %v", second, err)
	}
	for _, profile := range []string{"prod", "r"} {
		_, err := parents(profile, "CREDMINT_PARENT="+second)
		if err == nil || !strings.Contains(err.Error(), "config:2: credential_process: ") || !strings.Contains(err.Error(), "prod → b → prod") {
			t.Errorf("%s: error %v", profile, err)
		}
	}
	// Another file's profile of the same name is another profile; but not for ever.
	var many []string
	for range 9 {
		many = append(many, "0011223344556677:prod")
	}
	if _, err := parents("prod", "CREDMINT_PARENT="+strings.Join(many, ";")); err != nil {
		t.Error(err)
	}
	many = append(many, "0011223344556677:prod")
	if _, err := parents("prod", "CREDMINT_PARENT="+strings.Join(many, ";")); err == nil || !strings.Contains(err.Error(), "more than 10 programs") {
		t.Errorf("error %v", err)
	}
}
