package awsconfig_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/platformtest"
)

// keychain is the index of a keychain that has a key for each of the names.
func keychain(names ...string) awsconfig.Keys {
	return func(profile string) (helper.KeyRef, bool, error) {
		if !slices.Contains(names, profile) {
			return helper.KeyRef{}, false, nil
		}
		return helper.KeyRef{
			Place: helper.InKeychain, Profile: profile, ID: "AKIA" + strings.ToUpper(profile), AccountID: "111111111111",
			UserARN: "arn:aws:iam::111111111111:user/" + profile,
		}, true, nil
	}
}

// load reads a config and a credentials file with those contents.
func load(t *testing.T, config, credentials string, env ...string) *awsconfig.Config {
	t.Helper()
	c, err := tryLoad(t, config, credentials, env...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tryLoad(t testing.TB, config, credentials string, env ...string) (*awsconfig.Config, error) {
	t.Helper()
	dir := t.TempDir()
	vars := map[string]string{
		"AWS_CONFIG_FILE":             filepath.Join(dir, "config"),
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "credentials"),
	}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		vars[name] = value
	}
	for name, text := range map[string]string{"config": config, "credentials": credentials} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return awsconfig.Load(func(name string) string { return vars[name] }, dir)
}

const role = "arn:aws:iam::222222222222:role/Admin"

// chain draws what was resolved, the profile asked for first.
func chain(p *helper.Profile) string {
	var out []string
	for _, l := range p.Links() {
		s := l.Name + ":" + string(l.Kind) + " " + l.Duration.String()
		if l.RoleARN != "" {
			s += " " + l.RoleARN[strings.LastIndexByte(l.RoleARN, '/')+1:] + " as " + l.RoleSessionName
		}
		if l.MFASerial != "" {
			s += " mfa " + l.MFASerial
		}
		if l.Direct {
			s += " direct"
		}
		if l.KeyRef.ID != "" {
			s += " " + l.KeyRef.ID + " in " + string(l.KeyRef.Place)
		}
		out = append(out, s+" @"+l.Client.Region)
	}
	return strings.Join(out, " < ")
}

func TestProfile(t *testing.T) {
	const me = " < me:user-key 12h0m0s AKIAME in keychain @us-east-1"
	tests := map[string]struct {
		config, credentials string
		env                 []string
		want                string
	}{
		"key in the keychain, no section at all": {want: "prod:user-key 12h0m0s AKIAPROD in keychain @us-east-1"},
		"key in the keychain, own process line passed over": {
			config: "[profile prod]\nregion = eu-west-1\ncredential_process = /opt/bin/credmint aws prod\n",
			want:   "prod:user-key 12h0m0s AKIAPROD in keychain @eu-west-1",
		},
		"role, prefixed": {
			config: "[profile prod]\ncredential_process = credmint aws prod\ncredmint_role_arn = " + role + "\ncredmint_source_profile = me\n",
			want:   "prod:role 1h0m0s Admin as me @us-east-1" + me,
		},
		"the prefixed spelling wins": {
			config: "[profile prod]\nrole_arn = arn:aws:iam::222222222222:role/Plain\ncredmint_role_arn = " + role + "\nsource_profile = me\n",
			want:   "prod:role 1h0m0s Admin as me @us-east-1" + me,
		},
		"mfa travels down to the key": {
			config: "[profile prod]\nrole_arn = " + role + "\nsource_profile = hub\nmfa_serial = arn:aws:iam::111111111111:mfa/me\n" +
				"[profile hub]\nrole_arn = arn:aws:iam::333333333333:role/Hub\nsource_profile = me\n",
			want: "prod:role 1h0m0s Admin as me @us-east-1 < hub:role 1h0m0s Hub as me @us-east-1" +
				" < me:user-key 12h0m0s mfa arn:aws:iam::111111111111:mfa/me AKIAME in keychain @us-east-1",
		},
		"longer than an hour is assumed with the key itself": {
			config: "[profile prod]\nrole_arn = " + role + "\nsource_profile = me\nmfa_serial = 123456789\nduration_seconds = 14400\n",
			want: "prod:role 4h0m0s Admin as me mfa 123456789 direct @us-east-1" +
				" < me:user-key 12h0m0s mfa 123456789 AKIAME in keychain @us-east-1",
		},
		"longer than an hour in a chain is capped": {
			config: "[profile prod]\nrole_arn = " + role + "\nsource_profile = hub\nduration_seconds = 14400\n" +
				"[profile hub]\nrole_arn = arn:aws:iam::333333333333:role/Hub\nsource_profile = me\n",
			want: "prod:role 1h0m0s Admin as me @us-east-1 < hub:role 1h0m0s Hub as me @us-east-1" + me,
		},
		"static key of the credentials file": {
			credentials: "[prod2]\naws_access_key_id = AKIAFILE\naws_secret_access_key = s\n",
			config:      "[profile prod]\nrole_arn = " + role + "\nsource_profile = prod2\nrole_session_name = ci@example\n",
			want:        "prod:role 1h0m0s Admin as ci@example @us-east-1 < prod2:user-key 12h0m0s AKIAFILE in file @us-east-1",
		},
		"session of the credentials file": {
			credentials: "[prod2]\naws_access_key_id = ASIAFILE\naws_secret_access_key = s\naws_session_token = t\n",
			config:      "[profile prod]\nrole_arn = " + role + "\nsource_profile = prod2\n",
			want:        "prod:role 1h0m0s Admin as credmint @us-east-1 < prod2:given 0s ASIAFILE in file @us-east-1",
		},
		"the credentials file wins over the config file": {
			credentials: "[prod]\nrole_arn = " + role + "\n",
			config:      "[profile prod]\nrole_arn = arn:aws:iam::222222222222:role/Other\nsource_profile = me\n",
			want:        "prod:role 1h0m0s Admin as me @us-east-1" + me,
		},
		"credential_source Environment": {
			config: "[profile prod]\nrole_arn = " + role + "\ncredential_source = Environment\n",
			env:    []string{"AWS_ACCESS_KEY_ID=ASIAENV", "AWS_SECRET_ACCESS_KEY=s", "AWS_SESSION_TOKEN=t"},
			want:   "prod:role 1h0m0s Admin as credmint @us-east-1 < environment:given 0s ASIAENV in environment @us-east-1",
		},
		"its own source": {
			config: "[profile prod]\nrole_arn = " + role + "\nsource_profile = prod\nduration_seconds = 3600\n",
			want:   "prod:role 1h0m0s Admin as prod @us-east-1 < prod:user-key 12h0m0s AKIAPROD in keychain @us-east-1",
		},
		"AWS_REGION wins": {
			config: "[profile prod]\nregion = eu-west-1\n", env: []string{"AWS_REGION=ap-south-2"},
			want: "prod:user-key 12h0m0s AKIAPROD in keychain @ap-south-2",
		},
		"region of the partition": {
			config: "[profile prod]\nrole_arn = arn:aws-cn:iam::222222222222:role/Admin\nsource_profile = me\n",
			want:   "prod:role 1h0m0s Admin as me @cn-north-1" + me,
		},
		"CRLF, BOM, comments, colons, quotes, indentation": {
			config: "\xef\xbb\xbf# hello\r\n[profile prod] ; mine\r\n  role_arn: " + role + "  # admin\r\n  source_profile = \"me\"\r\n",
			want:   "prod:role 1h0m0s Admin as me @us-east-1" + me,
		},
		"another credmint profile": {
			config: "[profile prod]\n[profile alias]\ncredential_process = credmint aws prod\n[profile prod2]\nrole_arn = " + role + "\nsource_profile = alias\n",
			want:   "prod:user-key 12h0m0s AKIAPROD in keychain @us-east-1",
		},
		"raw key": {
			config: "[profile prod]\ncredmint_raw_key = true\n",
			want:   "prod:raw-key 0s AKIAPROD in keychain @us-east-1",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := load(t, tt.config, tt.credentials, tt.env...).Profile("prod", func(profile string) (helper.KeyRef, bool, error) {
				if profile == "prod" && strings.Contains(tt.config, "role_arn") && !strings.Contains(tt.want, "AKIAPROD") {
					return helper.KeyRef{}, false, nil
				}
				return keychain("prod", "me")(profile)
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := chain(p); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestProfileErrors(t *testing.T) {
	tests := map[string]struct{ config, want string }{
		"unknown":               {"", `there is no such profile`},
		"no word profile":       {"[prod]\nregion = us-east-1\n", "is written [profile prod]"},
		"empty section":         {"[profile prod]\n", "config:1, and no access key"},
		"loop":                  {"[profile prod]\nrole_arn = " + role + "\nsource_profile = b\n[profile b]\nrole_arn = " + role + "\nsource_profile = prod\n", "in a circle: prod → b → prod"},
		"loop of process lines": {"[profile prod]\ncredential_process = credmint aws b\n[profile b]\ncredential_process = credmint aws prod\n", "in a circle: prod → b → prod"},
		"missing source":        {"[profile prod]\nrole_arn = " + role + "\nsource_profile = gone\n", "config:3: source_profile: profile \"gone\""},
		"no source":             {"[profile prod]\nrole_arn = " + role + "\n", "needs a source_profile"},
		"two sources":           {"[profile prod]\nrole_arn = " + role + "\nsource_profile = me\ncredential_source = Environment\n", "one source"},
		"no environment":        {"[profile prod]\nrole_arn = " + role + "\ncredential_source = Environment\n", "not both set"},
		"half a key":            {"[profile prod]\naws_access_key_id = AKIA\n", "no aws_secret_access_key"},
		"section twice":         {"[profile prod]\n[profile x]\n[profile prod]\n", "config:3: section [profile prod] stands at line 1 already"},
		"setting twice":         {"[profile prod]\nrole_arn = a\nrole_arn = b\n", "config:3: role_arn has another value at line 2"},
		"NUL":                   {"[profile prod]\nregion = a\x00b\n", "NUL"},
		"UTF-16":                {"\xff\xfe[\x00", "UTF-16"},
		"escape":                {"[profile prod]\nrole_arn = \x1b[31mred\n", "control character 0x1b"},
		"CR alone":              {"[profile prod]\nregion = us-east-1\rrole_arn = x\n", "control character 0x0d"},
		"bad UTF-8":             {"[profile prod]\nregion = \xff\n", "not UTF-8"},
		"bad role":              {"[profile prod]\nrole_arn = Admin\nsource_profile = me\n", "config:2: role_arn: \"Admin\" is no role's ARN"},
		"bad region":            {"[profile prod]\nregion = evil.example/\n", "is no AWS region"},
		"bad duration":          {"[profile prod]\nrole_arn = " + role + "\nsource_profile = me\nduration_seconds = 5\n", "900 to 43200"},
		"bad serial":            {"[profile prod]\nrole_arn = " + role + "\nsource_profile = me\nmfa_serial = a\tb c d e f g\n", "cannot stand in the name"},
		"security key":          {"[profile prod]\nrole_arn = " + role + "\nsource_profile = me\nmfa_serial = arn:aws:iam::111111111111:u2f/user/me/k\n", "security key"},
		"bad session name":      {"[profile prod]\nrole_arn = " + role + "\nsource_profile = me\nrole_session_name = a b\n", "2 to 64 letters"},
		"clear-text endpoint":   {"[profile prod]\nrole_arn = " + role + "\nsource_profile = me\nendpoint_url = http://sts.example\n", "in clear"},
		"open quote":            {"[profile prod]\ncredential_process = " + openQuote + "\n", "config:2: credential_process: a quote is never closed"},
		"no program":            {"[profile prod]\ncredential_process = " + noProgram + "\n", "it names no program"},
		"unknown services":      {"[profile prod]\nrole_arn = " + role + "\nsource_profile = me\nservices = x\n", "no [services x]"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := tryLoad(t, tt.config, "")
			if err == nil {
				_, err = c.Profile("prod", keychain("me"))
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestChainLimit(t *testing.T) {
	var config strings.Builder
	for i := range 12 {
		fmt.Fprintf(&config, "[profile p%d]\nrole_arn = %s\nsource_profile = p%d\n", i, role, i+1)
	}
	_, err := load(t, config.String(), "").Profile("p0", keychain("p12"))
	if err == nil || !strings.Contains(err.Error(), "more than 10 links") {
		t.Errorf("error %v, want the limit", err)
	}
}

func TestNoProfileIsTyped(t *testing.T) {
	_, err := load(t, "", "").Profile("prod", keychain())
	if !errors.Is(err, awsconfig.ErrNoProfile) {
		t.Errorf("error %v, want ErrNoProfile", err)
	}
}

func TestKeychainErrorIsKept(t *testing.T) {
	broken := errors.New("index unreadable")
	_, err := load(t, "", "").Profile("prod", func(string) (helper.KeyRef, bool, error) { return helper.KeyRef{}, false, broken })
	if !errors.Is(err, broken) || errors.Is(err, awsconfig.ErrNoProfile) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

func TestEndpoints(t *testing.T) {
	const section = "[profile prod]\nrole_arn = " + role + "\nsource_profile = me\n"
	tests := map[string]struct {
		config string
		env    []string
		want   helper.Client
	}{
		"profile": {config: "endpoint_url = https://a.example\n", want: helper.Client{Endpoint: "https://a.example"}},
		"services win over the profile": {
			config: "endpoint_url = https://a.example\nservices = s\n[services s]\ns3 =\n  endpoint_url = https://s3.example\nsts =\n  endpoint_url = https://b.example\n",
			want:   helper.Client{Endpoint: "https://b.example"},
		},
		"the environment wins over both": {
			config: "endpoint_url = https://a.example\n", env: []string{"AWS_ENDPOINT_URL=https://c.example"},
			want: helper.Client{Endpoint: "https://c.example"},
		},
		"the service's variable wins over the general one": {
			env:  []string{"AWS_ENDPOINT_URL=https://c.example", "AWS_ENDPOINT_URL_STS=http://127.0.0.1:1"},
			want: helper.Client{Endpoint: "http://127.0.0.1:1"},
		},
		"ignored": {
			config: "endpoint_url = https://a.example\nignore_configured_endpoint_urls = true\n", want: helper.Client{},
		},
		"switches": {
			config: "use_fips_endpoint = true\nca_bundle = /ca.pem\nsts_regional_endpoints = legacy\n", env: []string{"AWS_USE_DUALSTACK_ENDPOINT=true"},
			want: helper.Client{FIPS: true, DualStack: true, GlobalEndpoint: true, CABundle: "/ca.pem"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, err := load(t, section+tt.config, "", tt.env...).Profile("prod", keychain("me"))
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Region = "us-east-1"
			if p.Client != tt.want {
				t.Errorf("client %+v, want %+v", p.Client, tt.want)
			}
		})
	}
}

func TestSettingsSayWhereTheyStand(t *testing.T) {
	p, err := load(t, "# \n[profile prod]\nregion = eu-west-1\nrole_arn = "+role+"\nsource_profile = me\n", "").Profile("prod", keychain("me"))
	if err != nil {
		t.Fatal(err)
	}
	var at []string
	for _, s := range p.Settings {
		at = append(at, fmt.Sprintf("%s:%d", s.Name, s.Line))
	}
	if got := strings.Join(at, " "); got != "role_arn:4 region:3 source_profile:5" {
		t.Errorf("settings %s", got)
	}
}

func TestHostileFiles(t *testing.T) {
	tests := map[string]func(t *testing.T, path string) error{
		"directory": func(_ *testing.T, path string) error { return os.Mkdir(path, 0o700) },
		"fifo":      func(_ *testing.T, path string) error { return mkfifo(path) },
		"100 MB": func(_ *testing.T, path string) error {
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				return err
			}
			return os.Truncate(path, 100<<20)
		},
		"link in a circle": func(t *testing.T, path string) error {
			platformtest.Symlink(t, path, path)
			return nil
		},
	}
	for name, plant := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config")
			if err := plant(t, path); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			_, err := awsconfig.Load(func(name string) string {
				if name == "AWS_CONFIG_FILE" {
					return path
				}
				return ""
			}, t.TempDir())
			if err == nil || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one that names %s", err, path)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestNames(t *testing.T) {
	c := load(t, "[default]\n[profile a b]\n[sso-session s]\n[bare]\n[profile x]\n", "[x]\n[y]\n")
	if got := c.Names(); !slices.Equal(got, []string{"default", "a b", "x", "y"}) {
		t.Errorf("names %q", got)
	}
}

func BenchmarkProfile(b *testing.B) {
	for _, n := range []int{10, 200, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var config strings.Builder
			for i := range n {
				fmt.Fprintf(&config, "[profile account-%d]\nregion = eu-west-1\noutput = json\ncredmint_role_arn = %s\ncredmint_source_profile = me\n\n", i, role)
			}
			path := filepath.Join(b.TempDir(), "config")
			if err := os.WriteFile(path, []byte(config.String()), 0o600); err != nil {
				b.Fatal(err)
			}
			getenv := func(name string) string {
				if name == "AWS_CONFIG_FILE" {
					return path
				}
				return ""
			}
			for b.Loop() {
				c, err := awsconfig.Load(getenv, "/nonexistent")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := c.Profile(fmt.Sprintf("account-%d", n-1), keychain("me")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
