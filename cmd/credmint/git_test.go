//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper/codecommit/codecommittest"
	"credmint/helper/mint/awstest"
)

const otherHost = "git.example.com"

// gitDesktop is a desktop with a CodeCommit that takes the sessions its AWS has minted, and another host that takes
// passwords.
func gitDesktop(t *testing.T) (*desktop, *codecommittest.Server) {
	t.Helper()
	d := newDesktop(t)
	dir := t.TempDir()
	server := codecommittest.Must(t, codecommittest.Config{
		Dir: dir, Now: d.aws.Now,
		Keys: func(id string) (secret, token string, ok bool) {
			if id == d.alice.AccessKeyID {
				return d.alice.Secret, "", true
			}
			secret, token, _, ok = d.aws.Session(id)
			return secret, token, ok
		},
		Users: map[string]map[string]string{
			otherHost:           {"alice": "hunter2", "bob": "swordfish"},
			codecommittest.Host: {"alice-at-111111111111": "static"},
		},
	})
	server.MustCreate(t, "demo")
	d.env = append(server.Env(d.home), d.env...)
	d.env = append(d.env, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a",
		"GIT_COMMITTER_EMAIL=a@example.com", "GIT_TERMINAL_PROMPT=0")
	d.git("config", "--global", "http.proxy", server.ProxyURL())
	d.git("config", "--global", "http.sslCAInfo", server.CAFile())
	return d, server
}

func (d *desktop) git(args ...string) string {
	d.t.Helper()
	return d.mustRun(d.command("git", codecommittest.WithUser(args)...))
}

// login stores a password as git does after a server took it.
func (d *desktop) login(host, user, password string) {
	d.t.Helper()
	cmd := d.command("git", "credential", "approve")
	cmd.Stdin = strings.NewReader("protocol=https\nhost=" + host + "\nusername=" + user + "\npassword=" + password + "\n\n")
	d.mustRun(cmd)
}

// Clones, pushes and fetches, over TLS, with what `credmint setup git` wrote and a session from AWS.
func TestCodeCommit(t *testing.T) {
	d, server := gitDesktop(t)
	d.mustRun(d.command(d.self, "setup", "git", "--yes", "--profile", "reader", "--all-hosts"))
	once := d.git("config", "--global", "--list")
	d.mustRun(d.command(d.self, "setup", "git", "--yes", "--profile", "reader", "--all-hosts"))
	if again := d.git("config", "--global", "--list"); again != once {
		t.Errorf("a second set-up changes the first:\n%s\n%s", once, again)
	}
	d.login(otherHost, "alice", "hunter2")
	d.login(otherHost, "bob", "swordfish")

	url := server.URL(codecommittest.Host, "demo")
	d.git("clone", url, "one")
	if err := os.WriteFile(filepath.Join(d.home, "one", "file"), []byte("hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.git("-C", "one", "add", "file")
	d.git("-C", "one", "commit", "-m", "first")
	d.git("-C", "one", "push", "origin", "HEAD:main")
	d.git("-C", "one", "fetch", "origin")
	d.minted(1, 1) // for all of it
	d.git("clone", "-b", "main", "codecommit::us-east-1://reader@demo", "two")
	if got, err := os.ReadFile(filepath.Join(d.home, "two", "file")); err != nil || string(got) != "hello\n" {
		t.Errorf("the clone has %q, %v", got, err)
	}
	d.git("clone", server.URL("bob@"+otherHost, "demo"), "three")
	d.git("clone", server.URL(otherHost, "demo"), "four")
	d.login(codecommittest.Host, "alice-at-111111111111", "static")
	server.Forget()
	d.git("ls-remote", server.URL("alice-at-111111111111@"+codecommittest.Host, "demo"))
	for _, r := range server.Requests() {
		if r.Password != "" && r.Username != "alice-at-111111111111" {
			t.Errorf("%q was offered where a stored login was asked for", r.Username)
		}
	}
	d.noSecretIn(d.home)
}

// Look-alikes, plain http and other ports are offered nothing.
func TestLookAlikes(t *testing.T) {
	d, server := gitDesktop(t)
	d.git("config", "--global", "credential.helper", d.self+" git --profile reader")
	d.git("config", "--global", "credential.useHttpPath", "true")
	d.login(otherHost, "alice", "hunter2")
	for _, url := range []string{
		"https://git-codecommit.us-east-1.amazonaws.com.evil.example/v1/repos/demo",
		"https://git-codecommit.us-east-1.amazonaws.com:8443/v1/repos/demo",
		"http://git-codecommit.us-east-1.amazonaws.com/v1/repos/demo",
		"https://evil.example/v1/repos/demo",
	} {
		server.Forget()
		if out, err := d.command("git", "clone", url, "x").CombinedOutput(); err == nil {
			t.Errorf("%s: %s", url, out)
		}
		if len(server.Requests()) == 0 {
			t.Errorf("%s: git did not get there", url)
		}
		for _, r := range server.Requests() {
			if r.Password != "" {
				t.Errorf("%s was offered a login of %q", url, r.Username)
			}
		}
	}
	d.minted(0, 0)
}

// Minting fails: git is told to ask nobody else, and the person which profile and why.
func TestCodeCommitWithoutASession(t *testing.T) {
	d, server := gitDesktop(t)
	d.mustRun(d.command(d.self, "setup", "git", "--yes", "--profile", "admin"))
	out, err := d.command("git", "ls-remote", server.URL(codecommittest.Host, "demo")).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "credmint login admin") || !strings.Contains(string(out), "told us to quit") {
		t.Errorf("%v: %s", err, out)
	}
	if strings.Contains(string(out), "Username") {
		t.Errorf("git asked for a user name: %s", out)
	}
}

// Credentials that `credmint codecommit create` made are served to a clone that names their user.
func TestCodeCommitGitCredentials(t *testing.T) {
	d := newDesktop(t)
	d.mustRun(d.command(d.self, "codecommit", "create", "plain", "--region", "us-east-1"))
	passwords := d.aws.ServicePasswords()
	server := codecommittest.Must(t, codecommittest.Config{
		Dir: t.TempDir(), Users: map[string]map[string]string{codecommittest.Host: passwords},
	})
	server.MustCreate(t, "demo")
	d.env = append(server.Env(d.home), d.env...)
	d.env = append(d.env, "GIT_TERMINAL_PROMPT=0")
	d.git("config", "--global", "http.proxy", server.ProxyURL())
	d.git("config", "--global", "http.sslCAInfo", server.CAFile())
	d.mustRun(d.command(d.self, "setup", "git", "--yes", "--profile", "reader"))
	d.git("clone", server.URL("alice-at-111111111111@"+codecommittest.Host, "demo"), "clone")
	d.minted(0, 0)
	if len(passwords) != 1 {
		t.Errorf("%d passwords work", len(passwords))
	}
}

// On a machine whose clock is wrong what is signed is signed for AWS's time, which refuses what is off by 15 minutes: when the session is
// minted, when it is kept, and when the clock has been set right since.
func TestSignedByAnotherClock(t *testing.T) {
	for _, ahead := range []time.Duration{20 * time.Minute, -20 * time.Minute} {
		t.Run(ahead.String(), func(t *testing.T) {
			d, server := gitDesktop(t)
			d.mustRun(d.command(d.self, "setup", "git", "--yes", "--profile", "reader"))
			d.aws.SetClock(ahead)
			for _, step := range []struct {
				when  string
				set   time.Duration
				fault awstest.Fault
				warns bool
			}{
				{"minted", ahead, awstest.Fault{}, true},
				{"kept", ahead, awstest.Fault{}, true},
				{"kept, and AWS is away", ahead, awstest.Fault{Hang: true}, true},
				{"the clock was set", 0, awstest.Fault{}, false},
			} {
				d.aws.SetClock(step.set)
				d.aws.SetFault("GetCallerIdentity", step.fault)
				out, err := d.command("git", codecommittest.WithUser([]string{"ls-remote", server.URL(codecommittest.Host, "demo")})...).CombinedOutput()
				if warned := strings.Contains(string(out), "credmint: warning: this machine's clock is "); err != nil || warned != step.warns || d.signers(server) != readerARN {
					t.Errorf("%s: %v: %s", step.when, err, out)
				}
			}
			d.minted(1, 1)
		})
	}
}
