package codecommit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"credmint/helper/codecommit"
	"credmint/helper/codecommit/codecommittest"
)

// words is what the gits from one version on say to a helper, line by line: of a signed password for CodeCommit, and of
// an OAuth login of another host. What is in angle brackets differs from run to run.
//
// TestWordsOfThisGit holds the rows to the git on PATH. They were taken from git 2.30, 2.39, 2.47 and 2.55; 2.40 and 2.41
// are from git's own release notes.
type words struct {
	since int // 100 times the major version, plus the minor one

	get, store       string // CodeCommit: what is asked, and what is said once the server has taken the answer
	otherGet, stored string // the other host
}

const (
	codecommitWords = "protocol=https host=git-codecommit.us-east-1.amazonaws.com path=v1/repos/one"
	otherWords      = "protocol=https host=git.example.com"
	signedWords     = " username=<signer> password=<signature>"
	loginWords      = " username=oauth password=token"
	challenge       = ` wwwauth[]=Basic_realm="git"`
	capabilities    = "capability[]=authtype capability[]=state "
)

func everyGit() []words {
	return []words{
		{
			since: 225,
			get:   codecommitWords, store: codecommitWords + signedWords,
			otherGet: otherWords, stored: otherWords + loginWords,
		},
		{
			since: 240, // password_expiry_utc
			get:   codecommitWords, store: codecommitWords + signedWords + " password_expiry_utc=<expiry>",
			otherGet: otherWords, stored: otherWords + loginWords + " password_expiry_utc=9999999999",
		},
		{
			since: 241, // oauth_refresh_token, wwwauth[]
			get:   codecommitWords + challenge, store: codecommitWords + signedWords + " password_expiry_utc=<expiry>" + challenge,
			otherGet: otherWords + challenge, stored: otherWords + loginWords + " oauth_refresh_token=refresh password_expiry_utc=9999999999" + challenge,
		},
		{
			since:    246, // capability[], authtype, credential, ephemeral, state[], continue
			get:      capabilities + codecommitWords + challenge,
			store:    "capability[]=authtype ephemeral=1 " + codecommitWords + signedWords + " password_expiry_utc=<expiry>" + challenge,
			otherGet: capabilities + otherWords + challenge,
			stored: "capability[]=authtype capability[]=state " + otherWords + loginWords +
				" oauth_refresh_token=refresh password_expiry_utc=9999999999" + challenge,
		},
	}
}

func lines(words string) string {
	return strings.ReplaceAll(strings.ReplaceAll(words, " ", "\n"), "_realm", " realm") + "\n"
}

// TestWordsOfEveryGit answers each of them: a signed password is never kept, whatever git says of it, and a login lives
// and ends with what git knows of it.
func TestWordsOfEveryGit(t *testing.T) {
	for _, git := range everyGit() {
		t.Run(fmt.Sprint("git ", git.since/100, ".", git.since%100), func(t *testing.T) {
			h, store, _ := newHelper(t, session(), nil)
			must := func(action, in, want string) {
				t.Helper()
				out, err := serve(t, h, action, in)
				if out = withoutSignature(out); err != nil || out != want {
					t.Errorf("%s: printed %q, %v; want %q", action, out, err, want)
				}
			}
			signed := "username=ASIAIOSFODNN7EXAMPLE%IQoJb3JpZ2luX2VjEXAMPLE+/token==\npassword=20260101T130000Z\npassword_expiry_utc=1767273240\n"
			if strings.HasPrefix(git.get, capabilities) {
				signed = "capability[]=authtype\n" + signed + "ephemeral=1\n"
			}
			must("get", lines(git.get), signed)
			told := strings.NewReplacer("<signer>", "ASIAIOSFODNN7EXAMPLE%x", "<signature>", "20260101T130000Z"+strings.Repeat("0a", 32), "<expiry>", "1767273240").
				Replace(lines(git.store))
			must("store", told, "")
			if n := store.names(t); n != 0 {
				t.Errorf("%d items are kept of what was signed", n)
			}
			must("erase", told, "")

			must("get", lines(git.otherGet), "")
			must("store", lines(git.stored), "")
			answer := "username=oauth\npassword=token\n"
			if git.since >= 241 {
				answer += "oauth_refresh_token=refresh\n"
			}
			if git.since >= 240 {
				answer += "password_expiry_utc=9999999999\n"
			}
			must("get", lines(git.otherGet), answer)
			must("erase", strings.Replace(lines(git.stored), "password=token", "password=other", 1), "")
			must("get", lines(git.otherGet), answer)
			must("erase", lines(git.stored), "")
			must("get", lines(git.otherGet), "")
		})
	}
}

// TestWordsOfThisGit compares with what the git on PATH says.
func TestWordsOfThisGit(t *testing.T) {
	w := newWorld(t)
	var major, minor int
	if _, err := fmt.Sscanf(w.git("version"), "git version %d.%d", &major, &minor); err != nil {
		t.Fatal(err)
	}
	var want words
	for _, row := range everyGit() {
		if row.since <= 100*major+minor {
			want = row
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	heard := filepath.Join(w.home, "heard")
	const oauth = `printf 'capability[]=authtype\ncapability[]=state\nusername=oauth\npassword=token\noauth_refresh_token=refresh\npassword_expiry_utc=9999999999\n'`
	for _, tt := range []struct{ url, answer, get, store string }{
		{"protocol=https\nhost=" + codecommittest.Host + "\npath=v1/repos/one\n", codecommit.HelperCommand(self, "git") + " $1", want.get, want.store},
		{"protocol=https\nhost=" + otherHost + "\n", "{ cat >/dev/null; " + oauth + "; }", want.otherGet, want.stored},
	} {
		spy := []string{
			"-c", "credential.helper=", "-c", "credential.useHttpPath=true",
			"-c", "credential.helper=!f() { tee '" + filepath.ToSlash(heard) + "'.$1 | " + tt.answer + "; }; f",
		}
		answered := w.feed("fill", lines(strings.TrimSpace(capabilities+challenge[1:]))+tt.url, spy...)
		w.feed("approve", answered+lines(challenge[1:]), spy...)
		for action, want := range map[string]string{"get": tt.get, "store": tt.store} {
			if got, err := os.ReadFile(heard + "." + action); err != nil || normal(string(got)) != lines(want) {
				t.Errorf("%s: this git says\n%s, %v; want\n%s", action, normal(string(got)), err, lines(want))
			}
		}
	}
}

// normal puts words for what differs from run to run.
func normal(s string) string {
	for pattern, word := range map[string]string{
		`username=ASIA.*`: "username=<signer>", `password=\d{8}T.*`: "password=<signature>", `password_expiry_utc=[1-8].*`: "password_expiry_utc=<expiry>",
	} {
		s = regexp.MustCompile(pattern).ReplaceAllString(s, word)
	}
	return s
}
