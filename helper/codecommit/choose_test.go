package codecommit_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"credmint/helper"
	"credmint/helper/codecommit"
)

const (
	account = "111122223333"
	other   = "444455556666"
)

// two accounts, each with two profiles.
func twoAccounts(claims ...string) profiles {
	p := profiles{
		order:    []string{"admin", "reader", "ops", "dev", "me@example.com"},
		accounts: map[string]string{"admin": account, "reader": account, "ops": other, "dev": other},
		regions:  map[string]string{"reader": "eu-west-1", "ops": "us-east-1"},
	}
	for i, claim := range claims {
		name, value, _ := strings.Cut(claim, ": ")
		p.claims = append(p.claims, codecommit.Claim{
			Profile: name, Setting: helper.Setting{Name: codecommit.ClaimSetting, Value: value, File: "config", Line: 10 * (i + 1)},
		})
	}
	return p
}

func TestChoose(t *testing.T) {
	all := []string{"reader: platform-* shared, eu-west-1/infra-?", "ops: *"}
	tests := []struct {
		name   string
		c      codecommit.Chooser
		claims []string
		target codecommit.Target
		want   string // who, and part of why
	}{
		{"nothing says anything", codecommit.Chooser{}, nil, codecommit.Target{}, "profile default: nothing names another"},
		{"AWS_PROFILE", codecommit.Chooser{Ambient: "dev"}, nil, codecommit.Target{}, "profile dev: AWS_PROFILE"},
		{"a claim before AWS_PROFILE", codecommit.Chooser{Ambient: "dev"}, all, codecommit.Target{Repository: "x"}, "profile ops: config:20: credmint_codecommit_profile"},
		{"the environment before a claim", codecommit.Chooser{Environment: true, Ambient: "dev"}, all, codecommit.Target{Repository: "shared"}, "the environment's credentials: AWS_ACCESS_KEY_ID"},
		{"the URL before the environment", codecommit.Chooser{Environment: true}, all, codecommit.Target{User: "dev", Repository: "shared"}, "profile dev: the URL's user name"},
		{"the URL, an e-mail address", codecommit.Chooser{}, nil, codecommit.Target{User: "me@example.com"}, "profile me@example.com: the URL's user name"},
		{"the helper line before all", codecommit.Chooser{Line: "reader", Environment: true, Ambient: "dev"}, all, codecommit.Target{User: "dev"}, "profile reader: the helper line"},
		{"the helper line, unknown", codecommit.Chooser{Line: "gone"}, all, codecommit.Target{}, "profile gone: the helper line"},
		{"an account, the first of it", codecommit.Chooser{Environment: true}, nil, codecommit.Target{User: account}, "profile admin: the URL's user name \"111122223333\" means account 111122223333"},
		{"an account, the one that claims", codecommit.Chooser{}, all, codecommit.Target{User: account, Repository: "shared"}, "profile reader: the URL's user name \"111122223333\" means account 111122223333, and of its profiles config:10"},
		{"an account, another account's claim", codecommit.Chooser{}, all, codecommit.Target{User: account, Repository: "x"}, "profile admin: "},
		{"an account as IAM writes it", codecommit.Chooser{}, nil, codecommit.Target{User: "me-at-" + other}, "profile ops: "},
		{"an account, twice", codecommit.Chooser{}, nil, codecommit.Target{User: "a-at-" + account + "-at-" + other}, "profile ops: "},
		{"an account and its helper line", codecommit.Chooser{Line: "dev"}, nil, codecommit.Target{User: other}, "profile dev: the helper line"},
		{"an account, and another's helper line", codecommit.Chooser{Line: "dev"}, nil, codecommit.Target{User: "me-at-" + account}, "nobody: the helper line says --profile dev, which is not of account 111122223333"},
		{"an unknown account", codecommit.Chooser{Environment: true, Ambient: "dev"}, all, codecommit.Target{User: "123456789012", Repository: "x"}, "nobody: no profile is of account 123456789012"},
		{"a stranger", codecommit.Chooser{Environment: true, Ambient: "dev"}, all, codecommit.Target{User: "alice", Repository: "x"}, "nobody: the URL's user name \"alice\" is neither"},
		{"a stranger, and a helper line", codecommit.Chooser{Line: "dev"}, all, codecommit.Target{User: "alice"}, "nobody: "},
		{"not quite an account", codecommit.Chooser{}, nil, codecommit.Target{User: "-at-" + account}, "nobody: "},
		{"too short an account", codecommit.Chooser{}, nil, codecommit.Target{User: "me-at-11112222333"}, "nobody: "},
		{"no claim for no repository", codecommit.Chooser{}, all, codecommit.Target{}, "profile default: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.c.Profiles = twoAccounts(tt.claims...)
			got, err := tt.c.Choose(tt.target)
			if says := got.Who() + ": " + got.Why; err != nil || !strings.HasPrefix(says, tt.want) {
				t.Errorf("Choose = %s, %v; want %s", says, err, tt.want)
			}
			if conflict := tt.c.Line == "reader"; (got.Conflict != "") != conflict {
				t.Errorf("it tells of %q", got.Conflict)
			}
			again, err := tt.c.Explain(tt.target)
			if err != nil || again.Who() != got.Who() || again.Why != got.Why || len(again.PassedOver) < len(got.PassedOver) {
				t.Errorf("Explain = %+v, %v; Choose = %+v", again, err, got)
			}
		})
	}
}

func TestClaims(t *testing.T) {
	const west, east = "eu-west-1", "us-east-1"
	for _, tt := range []struct {
		claims string // separated by "; "
		target codecommit.Target
		want   string // the profile, or part of the error after "!"
	}{
		{"reader: *", codecommit.Target{Repository: "x"}, "reader"},
		{"reader: x", codecommit.Target{Repository: "x"}, "reader"},
		{"reader: x", codecommit.Target{Repository: "X"}, "default"},
		{"reader: x", codecommit.Target{Repository: "xx"}, "default"},
		{"reader: *x", codecommit.Target{Repository: "aax"}, "reader"},
		{"reader: a*b*c", codecommit.Target{Repository: "a.b-b_c"}, "reader"},
		{"reader: a?c", codecommit.Target{Repository: "abc"}, "reader"},
		{"reader: a?c", codecommit.Target{Repository: "ac"}, "default"},
		{"reader: a.c", codecommit.Target{Repository: "abc"}, "default"},
		{"reader: one,two\tthree , four", codecommit.Target{Repository: "four"}, "reader"},
		// the most exact, wherever it stands
		{"reader: *; ops: platform-*", codecommit.Target{Repository: "platform-api"}, "ops"},
		{"ops: platform-*; reader: *", codecommit.Target{Repository: "platform-api"}, "ops"},
		{"reader: platform-a*; ops: platform-*", codecommit.Target{Repository: "platform-api"}, "reader"},
		{"reader: abc*; ops: abc", codecommit.Target{Repository: "abc"}, "ops"},
		{"reader: a*; ops: a*z b", codecommit.Target{Repository: "a-b"}, "reader"},
		{"reader: eu-west-1/*; ops: *", codecommit.Target{Repository: "x", Region: west}, "reader"},
		{"reader: eu-west-1/*; ops: x*", codecommit.Target{Repository: "xy", Region: west}, "ops"},
		{"reader: eu-west-1/*; ops: *", codecommit.Target{Repository: "x", Region: east}, "ops"},
		{"reader: eu-west-1/a; ops: us-east-1/a", codecommit.Target{Repository: "a", Region: west}, "reader"},
		{"reader: eu-west-1/a; ops: us-east-1/a", codecommit.Target{Repository: "a", Region: east}, "ops"},
		{"reader: eu-west-1/a; ops: us-east-1/a", codecommit.Target{Repository: "a", Region: "eu-west-2"}, "default"},
		// no region in the URL: that of each profile
		{"reader: us-east-1/a; ops: us-east-1/*", codecommit.Target{Repository: "a"}, "ops"},
		{"dev: us-east-1/a", codecommit.Target{Repository: "a"}, "default"},
		// no guesses
		{"reader: x; ops: x", codecommit.Target{Repository: "x"}, "!two profiles claim the repository \"x\" equally: config:10"},
		{"reader: *; ops: *", codecommit.Target{Repository: "x"}, "!equally"},
		{"reader: ab*; ops: *ab; dev: ab?", codecommit.Target{Repository: "abab"}, "!equally"},
		{"reader: x; ops: x", codecommit.Target{Repository: "y"}, "default"},
		{"reader: x*; dev: x*; ops: xy", codecommit.Target{Repository: "xy"}, "ops"},
		// what is no pattern
		{"reader: a/b/c", codecommit.Target{Repository: "x"}, "!config:10: credmint_codecommit_profile: \"a/b/c\" is no pattern"},
		{"reader: [ab]", codecommit.Target{Repository: "x"}, "!no pattern"},
		{"reader: /x", codecommit.Target{Repository: "x"}, "!no pattern"},
		{"reader: eu-west-1/", codecommit.Target{Repository: "x"}, "!no pattern"},
		{"reader: prod=x", codecommit.Target{Repository: "x"}, "!no pattern"},
		{"reader: éx", codecommit.Target{Repository: "x"}, "!no pattern"},
		{"ops: x; reader: eu-west/x", codecommit.Target{Repository: "x"}, "!config:20"},
	} {
		got, err := codecommit.Chooser{Profiles: twoAccounts(strings.Split(tt.claims, "; ")...)}.Choose(tt.target)
		if text, wantErr := strings.CutPrefix(tt.want, "!"); wantErr {
			if err == nil || !strings.Contains(err.Error(), text) || !got.Nobody() {
				t.Errorf("%s: %+v: %+v, %v; want an error: %s", tt.claims, tt.target, got, err, text)
			}
		} else if err != nil || got.Profile != tt.want {
			t.Errorf("%s: %+v: %+v, %v; want %s", tt.claims, tt.target, got, err, tt.want)
		}
	}
}

// Explain names everybody who might have signed, and why not.
func TestExplain(t *testing.T) {
	c := codecommit.Chooser{Environment: false, Ambient: "dev", Profiles: twoAccounts("reader: platform-*", "ops: infra", "dev: *")}
	got, err := c.Explain(codecommit.Target{Region: "eu-west-1", Repository: "platform-api"})
	if err != nil || got.Profile != "reader" {
		t.Fatalf("%+v, %v", got, err)
	}
	var lines []string
	for _, p := range got.PassedOver {
		lines = append(lines, p.Who+": "+p.Why)
	}
	want := []string{
		"--profile: the helper line has none",
		"the URL's user name: the URL has none",
		"the environment's credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set",
		"profile ops: config:20: credmint_codecommit_profile does not match",
		"profile dev: config:30: credmint_codecommit_profile claims the repository as *, less exactly",
		"profile dev: AWS_PROFILE says so, which comes later",
		"profile default: nothing names another, which comes later",
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("passed over:\n%s\nwant:\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

// What cannot be read is no reason to sign as somebody else.
func TestChooseFailsClosed(t *testing.T) {
	broken := twoAccounts("reader: *")
	broken.broken = errors.New("the config cannot be read")
	for _, target := range []codecommit.Target{{}, {User: "dev"}, {User: account}, {User: "alice"}, {Repository: "x"}} {
		got, err := codecommit.Chooser{Ambient: "dev", Profiles: broken}.Choose(target)
		if !errors.Is(err, broken.broken) || !got.Nobody() {
			t.Errorf("%+v: %+v, %v", target, got, err)
		}
	}
}

// FuzzClaim holds the patterns to regular expressions.
func FuzzClaim(f *testing.F) {
	f.Add("platform-* shared", "platform-api", "eu-west-1")
	f.Add("eu-west-1/a?c,*.x", "abc", "us-east-1")
	f.Add("a**b[", "ab", "")
	f.Fuzz(func(t *testing.T, value, repository, region string) {
		p := twoAccounts()
		p.claims = []codecommit.Claim{{Profile: "reader", Setting: helper.Setting{Value: value}}}
		got, err := codecommit.Chooser{Profiles: p}.Choose(codecommit.Target{Repository: repository, Region: region})
		want, valid := false, true
		for _, word := range strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }) {
			m := regexp.MustCompile(`^(?:([a-z]{2,}(?:-[a-z]+)+-[0-9]+)/)?([A-Za-z0-9._*?-]+)$`).FindStringSubmatch(word)
			if m == nil || len(m[1]) > 63 {
				valid = false
				break
			}
			glob := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(m[2]))
			in := region
			if in == "" {
				in = "eu-west-1"
			}
			if regexp.MustCompile(`^(?:`+glob+`)$`).MatchString(repository) && (m[1] == "" || m[1] == in) {
				want = true
			}
		}
		if strings.ContainsAny(repository, "/\n") || repository == "" || !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(repository) {
			return // no name of a repository: the target has none
		}
		if (err == nil) != valid || valid && (got.Profile == "reader") != want {
			t.Errorf("%q, %q in %q: %+v, %v; want %t, valid %t", value, repository, region, got, err, want, valid)
		}
	})
}
