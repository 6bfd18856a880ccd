package codecommit_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"credmint/helper/codecommit/codecommittest"
)

func TestCloneAndPush(t *testing.T) {
	w := newWorld(t)
	w.git("clone", w.server.URL(codecommittest.Host, "one"), "a")
	if err := os.WriteFile(filepath.Join(w.home, "a", "file"), []byte("hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.git("-C", "a", "add", "file")
	w.git("-C", "a", "commit", "-m", "first")
	w.git("-C", "a", "push", "origin", "HEAD:main")
	w.git("clone", w.server.URL(codecommittest.Host, "one"), "b")
	w.git("-C", "b", "fetch", "origin")
	w.git("-C", "b", "ls-remote", w.server.URL(codecommittest.Host, "two"))
	if got, err := os.ReadFile(filepath.Join(w.home, "b", "file")); err != nil || string(got) != "hello\n" {
		t.Errorf("the clone has %q, %v", got, err)
	}
	if got := w.statuses(); got[200] == 0 || got[401] == 0 || len(got) != 2 {
		t.Errorf("answers %v, want 200 and, before git asks us, 401", got)
	}
	if got := w.kept(); len(got) != 0 {
		t.Errorf("stored %q", slices.Collect(maps.Keys(got)))
	}
}

func TestLargePush(t *testing.T) {
	w := newWorld(t)
	w.git("init", "a")
	noise := make([]byte, 3<<20) // over git's http.postBuffer, so it is sent in chunks
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	if err := os.WriteFile(filepath.Join(w.home, "a", "file"), noise, 0o600); err != nil {
		t.Fatal(err)
	}
	w.git("-C", "a", "add", "file")
	w.git("-C", "a", "commit", "-m", "large")
	w.git("-C", "a", "push", w.server.URL(codecommittest.Host, "one"), "HEAD:main")
}

func TestStrangersAreOfferedNothing(t *testing.T) {
	w := newWorld(t)
	w.git("config", "--global", "credential.useHttpPath", "true") // for all hosts: the worst case
	for _, url := range []string{
		"https://git-codecommit.us-east-1.amazonaws.com.evil.example/v1/repos/one",
		"https://git-codecommit.us-east-1.amazonaws.com:8443/v1/repos/one",
		"https://xgit-codecommit.us-east-1.amazonaws.com/v1/repos/one",
		"https://evil.example/v1/repos/one",
		"http://git-codecommit.us-east-1.amazonaws.com/v1/repos/one",
		"https://" + otherHost + "/v1/repos/one",
	} {
		w.server.Forget()
		out, err := w.try("clone", url, "x")
		if err == nil || len(w.server.Requests()) == 0 {
			t.Errorf("clone %s: %d requests, %v\n%s", url, len(w.server.Requests()), err, out)
		}
		if got := w.offered(); len(got) != 0 {
			t.Errorf("clone %s: a login was offered to %q", url, got)
		}
	}
}

func TestOtherLoginsSurvive(t *testing.T) {
	w := newWorld(t)
	w.git("config", "--global", "--unset", "credential.helper", "^store$")
	w.approve(otherHost, "alice", "hunter2")
	w.approve(otherHost, "bob", "swordfish")
	before := w.kept()
	w.git("clone", w.server.URL(codecommittest.Host, "one"), "a")
	w.git("clone", w.server.URL(otherHost, "one"), "b")
	w.git("clone", w.server.URL("alice@"+otherHost, "one"), "c")
	if after := w.kept(); len(before) != 1 || !maps.Equal(before, after) {
		t.Errorf("stored before %q, after %q", before, after)
	}
	// A password that the host refuses is forgotten, and only it.
	w.approve(otherHost, "alice", "old")
	if out, err := w.try("clone", w.server.URL("alice@"+otherHost, "one"), "d"); err == nil {
		t.Errorf("cloned with an old password: %s", out)
	}
	if fill, err := w.try("clone", w.server.URL("bob@"+otherHost, "one"), "e"); err != nil {
		t.Errorf("bob's password is gone too: %s", fill)
	}
}

func TestStaleSignature(t *testing.T) {
	w := newWorld(t)
	w.approve(codecommittest.Host, "me-at-123456789012", "static+/=")
	before := w.kept()
	w.env = []string{behindVar + "=16m"}
	out, err := w.try("-c", "credential.interactive=false", "ls-remote", w.server.URL(codecommittest.Host, "one"))
	if err == nil || !strings.Contains(out, "403") || w.statuses()[403] == 0 {
		t.Errorf("git: %v, answers %v\n%s", err, w.statuses(), out)
	}
	if after := w.kept(); len(before) == 0 || !maps.Equal(before, after) {
		t.Errorf("stored before %q, after %q", before, after)
	}
	w.env = []string{behindVar + "=-5m"} // a clock that is ahead
	w.git("ls-remote", w.server.URL(codecommittest.Host, "one"))
}

func TestStaticLogin(t *testing.T) {
	w := newWorld(t)
	url := w.server.URL("me-at-123456789012@"+codecommittest.Host, "one")
	if out, err := w.try("ls-remote", url); err == nil || !strings.Contains(out, "could not read Password") {
		t.Errorf("without a stored login: %v\n%s", err, out)
	}
	for _, r := range w.server.Requests() {
		if r.Password != "" {
			t.Errorf("something was offered for a user whose login is not stored: %v", r.Username)
		}
	}
	w.approve(codecommittest.Host, "me-at-123456789012", "static+/=")
	w.git("ls-remote", url)
	w.git("ls-remote", w.server.URL("me-at-123456789012@"+codecommittest.Host, "two"))
	w.env = []string{sessionVar + "=none"}
	w.git("ls-remote", w.server.URL(codecommittest.Host, "one"))
	last := w.server.Requests()[len(w.server.Requests())-1]
	if last.Username != "me-at-123456789012" || last.Status != 200 {
		t.Errorf("without a profile %q got %d", last.Username, last.Status)
	}
}

func TestFailingToSignEndsIt(t *testing.T) {
	w := newWorld(t)
	w.env = []string{sessionVar + "=STS is down"}
	out, err := w.try("ls-remote", w.server.URL(codecommittest.Host, "one"))
	if err == nil || !strings.Contains(out, "STS is down") || !strings.Contains(out, "told us to quit") || len(w.offered()) != 0 {
		t.Errorf("git: %v, offered to %q\n%s", err, w.offered(), out)
	}
}
