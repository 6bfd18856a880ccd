package codecommit_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/codecommit"
	"credmint/helper/gitcred"
)

const (
	ask  = "protocol=https\nhost=git-codecommit.us-east-1.amazonaws.com\n"
	repo = "path=v1/repos/r\n"
)

func session() helper.Session {
	return helper.Session{
		AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		SessionToken: "IQoJb3JpZ2luX2VjEXAMPLE+/token==", Expires: now().Add(time.Hour),
	}
}

// newHelper returns a helper whose store holds what was saved, and a count of the sessions asked for.
func newHelper(t *testing.T, s helper.Session, err error, saved ...string) (codecommit.Helper, *files, *int) {
	t.Helper()
	store, asked := &files{dir: t.TempDir()}, new(int)
	h := codecommit.Helper{
		Signers: signers{session: func(codecommit.Choice) (helper.Session, error) { *asked++; return s, err }},
		Saved:   gitcred.Saved{Secrets: store, Now: now},
		Now:     now,
	}
	for _, login := range saved {
		if out, err := serve(t, h, "store", login); out != "" || err != nil {
			t.Errorf("store %q: printed %q, %v", login, out, err)
		}
	}
	return h, store, asked
}

func serve(t *testing.T, h gitcred.Helper, action, in string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := gitcred.Serve(t.Context(), action, strings.NewReader(in), &out, h)
	return out.String(), err
}

func TestGet(t *testing.T) {
	const (
		user   = "username=ASIAIOSFODNN7EXAMPLE%IQoJb3JpZ2luX2VjEXAMPLE+/token==\n"
		signed = user + "password=20260101T130000Z\npassword_expiry_utc=1767273240\n" // the signature is checked elsewhere
		static = "username=me-at-123456789012\n"
	)
	mine := ask + static + "password=mine\n"
	other := ask + "username=you-at-123456789012\npassword=yours\n"
	errMint := errors.New("STS is down")
	none := fmt.Errorf("profile default: %w", codecommit.ErrNoProfile)
	soon := session()
	soon.Expires = now().Add(time.Minute)
	past := session()
	past.Expires = now()
	key := helper.Session{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "x"}

	tests := []struct {
		name    string
		session helper.Session
		err     error
		saved   []string
		in      string
		out     string
		want    error // nil, one to be found in the error, or errAny
		asked   int
	}{
		{"signed", session(), nil, nil, ask + repo, signed, nil, 1},
		{"signed, port", session(), nil, nil, "protocol=https\nhost=git-codecommit.us-east-1.amazonaws.com:443\n" + repo, signed, nil, 1},
		{"signed, though a login is stored", session(), nil, []string{mine}, ask + repo, signed, nil, 1},
		{"ephemeral", session(), nil, nil, "capability[]=authtype\n" + ask + repo, "capability[]=authtype\n" + signed + "ephemeral=1\n", nil, 1},
		{"another capability", session(), nil, nil, "capability[]=state\n" + ask + repo, signed, nil, 1},
		{"over the user of a signature", session(), nil, nil, ask + repo + "username=AKIAI44QH8DHBEXAMPLE\n", signed, nil, 1},
		{"over the user and token of one", session(), nil, nil, ask + repo + "username=ASIAI44QH8DHBEXAMPLE%x/y+z=\n", signed, nil, 1},
		{"session shorter than the signature", soon, nil, nil, ask + repo, strings.Replace(signed, "1767273240", "1767272460", 1), nil, 1},
		{"long-lived key", key, nil, nil, ask + repo, "username=AKIAIOSFODNN7EXAMPLE\npassword=20260101T130000Z\npassword_expiry_utc=1767273240\n", nil, 1},
		{"expired session", past, nil, nil, ask + repo, "quit=1\n", errAny, 1},
		{"no session", helper.Session{}, nil, nil, ask + repo, "quit=1\n", errAny, 1},
		{"minting fails", helper.Session{}, errMint, nil, ask + repo, "quit=1\n", errMint, 1},
		{"minting fails, one login", helper.Session{}, errMint, []string{mine}, ask + repo, "quit=1\n", errMint, 1},
		{"no path", session(), nil, nil, ask, "quit=1\n", errAny, 0},
		{"an empty path", session(), nil, nil, ask + "path=\n", "quit=1\n", errAny, 0},
		{"no profile, no login", helper.Session{}, none, nil, ask + repo, "quit=1\n", codecommit.ErrNoProfile, 1},
		{"no profile, one login", helper.Session{}, none, []string{mine}, ask + repo, static + "password=mine\n", nil, 1},
		{"no profile, one login, user of a signature", helper.Session{}, none, []string{mine}, ask + repo + "username=AKIAI44QH8DHBEXAMPLE\n", static + "password=mine\n", nil, 1},
		{"no profile, two logins", helper.Session{}, none, []string{mine, other}, ask + repo, "quit=1\n", codecommit.ErrNoProfile, 1},
		{"a stored user", session(), nil, []string{mine, other}, ask + repo + static, static + "password=mine\n", nil, 0},
		{"a stored user, no path", session(), nil, []string{mine, other}, ask + static, static + "password=mine\n", nil, 0},
		{"a stored user, other repository and port", session(), nil, []string{mine + repo}, "protocol=https\nhost=git-codecommit.us-east-1.amazonaws.com:443\npath=v1/repos/s\n" + static, static + "password=mine\n", nil, 0},
		{"a user who is not stored", session(), nil, []string{other}, ask + repo + static, "", nil, 0},
		{"an empty user", session(), nil, []string{mine}, ask + repo + "username=\n", signed, nil, 1},
		{"a user like a key", session(), nil, nil, ask + repo + "username=AKIAme\n", "", nil, 0},
		{"a user like the start of a key", session(), nil, nil, ask + repo + "username=ASIABOB\n", "", nil, 0},
		{"http", session(), nil, nil, "protocol=http\nhost=git-codecommit.us-east-1.amazonaws.com\n" + repo, "", nil, 0},
		{"http, stored", session(), nil, []string{"protocol=http\nhost=git-codecommit.us-east-1.amazonaws.com\n" + repo + "username=u\npassword=p\n"}, "protocol=http\nhost=git-codecommit.us-east-1.amazonaws.com\n" + repo, "username=u\npassword=p\n", nil, 0},
		{"another port", session(), nil, []string{mine}, "protocol=https\nhost=git-codecommit.us-east-1.amazonaws.com:8443\n" + repo, "", nil, 0},
		{"another host", session(), nil, []string{mine}, "protocol=https\nhost=example.com\n", "", nil, 0},
		{"another region", helper.Session{}, none, []string{mine}, "protocol=https\nhost=git-codecommit.us-east-2.amazonaws.com\n" + repo, "quit=1\n", codecommit.ErrNoProfile, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, _, asked := newHelper(t, tt.session, tt.err, tt.saved...)
			out, err := serve(t, h, "get", tt.in)
			if got := withoutSignature(out); got != tt.out {
				t.Errorf("printed %q, want %q", got, tt.out)
			}
			if (err == nil) != (tt.want == nil) || !errors.Is(err, tt.want) && tt.want != errAny {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if *asked != tt.asked {
				t.Errorf("asked for %d sessions, want %d", *asked, tt.asked)
			}
		})
	}
}

var errAny = errors.New("any error")

// withoutSignature leaves the time of a signed password.
func withoutSignature(out string) string {
	return regexp.MustCompile(`(?m)^(password=\d{8}T\d{6}Z)[0-9a-f]{64}$`).ReplaceAllString(out, "$1")
}

// Whom the URL's user name means signs, unless a login is stored for it.
func TestUserNames(t *testing.T) {
	credential := ask + "username=me-at-" + account + "\npassword=mine\n"
	misleading := ask + "username=reader\npassword=mine\n" // IAM makes up no such user name
	for _, tt := range []struct {
		name, user string
		saved      []string
		broken     bool
		want       string // who signs, or the password, or "quit", or nothing
	}{
		{"a profile", "reader", nil, false, "profile reader"},
		{"a profile, and a login of its name", "reader", []string{misleading}, false, "profile reader"},
		{"an account", account, []string{credential}, false, "profile admin"},
		{"IAM's name, and no login", "me-at-" + account, nil, false, "profile admin"},
		{"IAM's name, and its login", "me-at-" + account, []string{credential}, false, "mine"},
		{"IAM's name of another user", "you-at-" + account, []string{credential}, false, "profile admin"},
		{"IAM's name of another account", "you-at-123456789012", []string{credential}, false, ""},
		{"nobody", "alice", []string{credential}, false, ""},
		{"a login, though the config is broken", "me-at-" + account, []string{credential}, true, "mine"},
		{"no login, and the config is broken", "reader", []string{credential}, true, "quit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, _, _ := newHelper(t, session(), nil, tt.saved...)
			p, signed := twoAccounts(), ""
			if tt.broken {
				p.broken = errors.New("the config cannot be read")
			}
			h.Signers = signers{profiles: p, session: func(c codecommit.Choice) (helper.Session, error) {
				signed = c.Who()
				return session(), nil
			}}
			out, err := serve(t, h, "get", ask+repo+"username="+tt.user+"\n")
			got := signed
			if m := regexp.MustCompile(`(?m)^password=(.*)$`).FindStringSubmatch(out); m != nil && signed == "" {
				got = m[1]
			} else if out == "quit=1\n" {
				got = "quit"
			}
			if got != tt.want || (err != nil) != (tt.want == "quit") {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestLookAlikesGetNothing(t *testing.T) {
	h, _, asked := newHelper(t, session(), nil)
	for _, host := range lookAlikes() {
		answer, err := h.Get(t.Context(), gitcred.Credential{
			Protocol: gitcred.Some("https"), Host: gitcred.Some(host), Path: gitcred.Some("v1/repos/r"),
		})
		if err != nil || answer.Username.IsSet() || answer.Password.IsSet() || answer.Credential.IsSet() {
			t.Errorf("%q: %v, %v", host, answer, err)
		}
	}
	if *asked != 0 {
		t.Errorf("asked for %d sessions", *asked)
	}
}

func TestMissingPathNamesTheRemedy(t *testing.T) {
	h, _, _ := newHelper(t, session(), nil)
	if _, err := serve(t, h, "get", ask); err == nil || !strings.Contains(err.Error(), "credmint setup git") {
		t.Errorf("error %v", err)
	}
}

func TestStoreAndErase(t *testing.T) {
	signature := "password=20260101T130000Z" + strings.Repeat("0a", 32) + "\n"
	const static = "username=me-at-123456789012\n"
	for _, tt := range []struct {
		name, in string
		kept     bool
	}{
		{"signed", ask + repo + "username=ASIAIOSFODNN7EXAMPLE%x\n" + signature, false},
		{"signed, by a key", ask + repo + "username=AKIAIOSFODNN7EXAMPLE\n" + signature, false},
		{"signed, for another host", "protocol=https\nhost=proxy.example:8443\nusername=u\n" + signature, false},
		{"ephemeral", ask + repo + static + "password=mine\nephemeral=1\n", false},
		{"static", ask + repo + static + "password=mine\n", true},
		{"short of a signature", ask + static + signature[:len(signature)-2] + "\n", true},
		{"more than a signature", ask + static + signature[:len(signature)-1] + "0\n", true},
		{"no time", ask + static + strings.Replace(signature, "0101T13", "0101T33", 1), true},
		{"upper case", ask + static + strings.Replace(signature, "0a", "0A", 1), true},
		{"another host", "protocol=https\nhost=example.com\nusername=u\npassword=p\n", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, store, _ := newHelper(t, session(), nil, tt.in)
			if kept := store.names(t) > 0; kept != tt.kept {
				t.Errorf("kept %t, want %t", kept, tt.kept)
			}
			out, err := serve(t, h, "erase", tt.in)
			if n := store.names(t); n > 0 || out != "" || err != nil {
				t.Errorf("erase: %d items are left, printed %q, %v", n, out, err)
			}
		})
	}
}

// What git does after a signed password was refused must not cost a login that was not part of it.
func TestEraseOfASignedPasswordKeepsTheLogin(t *testing.T) {
	h, store, _ := newHelper(t, session(), nil, ask+"username=me-at-123456789012\npassword=mine\n")
	signed, _ := serve(t, h, "get", ask+repo)
	serve(t, h, "erase", ask+repo+signed)
	if store.names(t) != 1 {
		t.Error("the stored login is gone")
	}
}
