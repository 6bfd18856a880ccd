package awsconfig_test

import (
	"errors"
	"strings"
	"testing"

	"credmint/helper/awsconfig"
)

func TestCodes(t *testing.T) {
	const (
		prod = "[profile prod]\nrole_arn = " + role + "\nsource_profile = me\n"
		me   = "[profile me]\n"
		a    = "mfa_serial = 123456789\n"
		b    = "mfa_serial = 987654321\n"
	)
	tests := map[string]struct{ config, want string }{
		"beside the serial at the key":            {prod + me + a + "credmint_mfa_process = /bin/code a\n", "123456789 /bin/code,a|"},
		"beside the serial at the role":           {prod + a + "mfa_process = \"/bin/my code\" a\n" + me, "123456789 /bin/my code,a|"},
		"a YubiKey":                               {prod + me + a + "credmint_mfa_yubikey = AWS:me\n", "123456789 |AWS:me"},
		"at the key, for a device the role names": {prod + a + me + "mfa_process = /bin/code a\n", "123456789 /bin/code,a|"},
		"at both, for one device":                 {prod + a + me + a + "mfa_process = /bin/code a\n", "123456789 /bin/code,a|"},
		"the role's own wins":                     {prod + a + "mfa_yubikey = r\n" + me + a + "mfa_process = k\n", "123456789 |r"},
		"another device's is not taken":           {prod + a + me + b + "mfa_process = /bin/code b\n", "123456789 |"},
		"a role without a device has no code":     {prod + "mfa_process = /bin/code a\n" + me + a, "123456789 |"},
		"no device, no code":                      {prod + me + "mfa_process = /bin/code\n", " |"},
		"a key handed out raw needs none":         {"[profile prod]\nraw_key = true\n" + a + "mfa_process = /bin/code\n", " |"},
		"a role longer than an hour has them too": {prod + "duration_seconds = 14400\n" + me + a + "mfa_yubikey = y\n", "123456789 |y"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := load(t, tt.config, "").Profile("prod", keychain("prod", "me"))
			if err != nil {
				t.Fatal(err)
			}
			links := p.Links()
			asked := links[len(links)-1]
			if p.Direct {
				asked = p
			}
			if got := asked.MFASerial + " " + strings.Join(asked.MFAProcess, ",") + "|" + asked.MFAYubiKey; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	_, err := load(t, prod+me+a+"mfa_process = x\nmfa_yubikey = y\n", "").Profile("prod", keychain("me"))
	if err == nil || !strings.HasSuffix(err.Error(), "config:7: mfa_yubikey: mfa_process stands at line 6 already: a device's codes come from one place") {
		t.Errorf("two places: %v", err)
	}
}

func TestDevice(t *testing.T) {
	c := load(t, `[profile me]
credmint_mfa_serial = arn:aws:iam::111111111111:mfa/me
[profile prod]
role_arn = `+role+`
source_profile = me
[profile other]
region = eu-west-1
[profile round]
source_profile = round
[profile bad]
mfa_serial = arn:aws:iam::111111111111:u2f/user/me/key
`, "")
	for name, want := range map[string]string{
		"me": "arn:aws:iam::111111111111:mfa/me", "prod": "arn:aws:iam::111111111111:mfa/me", "other": "", "round": "",
	} {
		if got, err := c.Device(name); got != want || err != nil {
			t.Errorf("Device(%s) = %q, %v; want %q", name, got, err, want)
		}
	}
	if _, err := c.Device("bad"); err == nil || !strings.Contains(err.Error(), "config:11: mfa_serial: STS takes no passkey") {
		t.Errorf("a passkey: %v", err)
	}
	if _, err := c.Device("nobody"); !errors.Is(err, awsconfig.ErrNoProfile) {
		t.Errorf("no such profile: %v", err)
	}
}
