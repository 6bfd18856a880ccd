package codecommit_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"credmint/helper/codecommit/codecommittest"
	"credmint/helper/gitcred"
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

// The same by what git makes of each look-alike that it lets through to a helper.
func TestLookAlikesThroughGit(t *testing.T) {
	w := newWorld(t)
	w.git("config", "--global", "credential.useHttpPath", "true")
	asked := 0
	for _, host := range append(lookAlikes(), "git-codecommit.us-east-1.amazonaws.com") {
		if host == "" || strings.ContainsAny(host, "\r\n\x00") {
			continue // git says no such thing
		}
		out := w.feed("fill", "protocol=https\nhost="+host+"\npath=v1/repos/one\n")
		if real := host == codecommittest.Host; strings.Contains(out, "password=") != real || !real && strings.Contains(out, "ASIA") {
			t.Errorf("%q was answered: %q", host, out)
		}
		asked++
	}
	if asked < 100 {
		t.Errorf("%d hosts", asked)
	}
}

func TestOtherLoginsSurvive(t *testing.T) {
	w := newWorld(t)
	w.onlyOurs()
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
	w.env = []string{behindVar + "=6m"}
	out, err := w.try("-c", "credential.interactive=false", "ls-remote", w.server.URL(codecommittest.Host, "one"))
	if err == nil || !strings.Contains(out, "403") || w.statuses()[403] == 0 {
		t.Errorf("git: %v, answers %v\n%s", err, w.statuses(), out)
	}
	if after := w.kept(); len(before) == 0 || !maps.Equal(before, after) {
		t.Errorf("stored before %q, after %q", before, after)
	}
	w.env = []string{behindVar + "=-4m"} // a clock that is ahead
	w.git("ls-remote", w.server.URL(codecommittest.Host, "one"))
}

func TestStaticLogin(t *testing.T) {
	w := newWorld(t)
	w.onlyOurs()
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

// Each run of git gets a signature of its own; the one before is no good any more, to the server as to git.
func TestSignaturesAreShortLived(t *testing.T) {
	w := newWorld(t)
	w.git("clone", w.server.URL(codecommittest.Host, "one"), "a")
	last := w.server.Requests()[len(w.server.Requests())-1]
	w.ahead.Store(int64(6 * time.Minute))
	fill := "protocol=https\nhost=" + codecommittest.Host + "\npath=v1/repos/one\n"
	if got := w.feed("fill", fill); strings.Contains(got, last.Password) {
		t.Errorf("git was given the old signature: %q", got)
	}
	stale := "!f() { echo username=" + last.Username + "; echo password=" + last.Password + "; }; f"
	w.mustFail("403", "-c", "credential.helper=", "-c", "credential.helper="+stale, "ls-remote", w.server.URL(codecommittest.Host, "one"))
	w.server.Forget()
	w.git("-C", "a", "fetch", "origin")
	if got := w.statuses(); got[403] != 0 || got[200] == 0 {
		t.Errorf("answers %v", got)
	}
}

func TestSubmodules(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"two", "three"} {
		w.commit("src-"+name, "file", name)
		w.git("-C", "src-"+name, "push", w.server.URL(codecommittest.Host, name), "HEAD:main")
	}
	w.git("clone", w.server.URL(codecommittest.Host, "one"), "a")
	w.git("-C", "a", "submodule", "add", w.server.URL(codecommittest.Host, "two"), "by-url")
	w.git("-C", "a", "submodule", "add", "../three", "by-name")
	w.commit("a", "file", "one")
	w.git("-C", "a", "push", "origin", "HEAD:main")
	w.git("clone", "--recurse-submodules", "-j", "8", w.server.URL(codecommittest.Host, "one"), "b")
	for name, want := range map[string]string{"file": "one", "by-url/file": "two", "by-name/file": "three"} {
		if got, err := os.ReadFile(filepath.Join(w.home, "b", name)); err != nil || string(got) != want {
			t.Errorf("%s has %q, %v", name, got, err)
		}
	}
	w.git("-C", "b", "submodule", "update", "--remote", "-j", "8")
	if got := w.statuses(); got[403] != 0 || len(w.kept()) != 0 {
		t.Errorf("answers %v, %d items kept", got, len(w.kept()))
	}
}

func TestLFS(t *testing.T) {
	w := newWorld(t)
	if _, err := exec.LookPath("git-lfs"); err != nil {
		missing(t, "git-lfs")
	}
	w.onlyOurs()
	w.approve(otherHost, "alice", "hunter2")
	w.approve(otherHost, "bob", "swordfish")
	w.git("lfs", "install", "--skip-repo")
	w.git("clone", w.server.URL("alice@"+otherHost, "one"), "a")
	w.git("-C", "a", "lfs", "track", "*.bin")
	large := strings.Repeat("large ", 100000)
	w.commit("a", "large.bin", large)
	w.git("-C", "a", "push", "origin", "HEAD:main")
	w.git("clone", w.server.URL("bob@"+otherHost, "one"), "b")
	if got, err := os.ReadFile(filepath.Join(w.home, "b", "large.bin")); err != nil || string(got) != large {
		t.Errorf("the clone has %d bytes, %v", len(got), err)
	}
	objects := map[string]int{}
	for _, r := range w.server.Requests() {
		if strings.Contains(r.Path, "/info/lfs/objects/") && r.Status == 200 {
			objects[r.Method+" by "+r.Username]++
		}
	}
	want := map[string]int{"POST by alice": 1, "PUT by alice": 1, "POST by bob": 1, "GET by bob": 1}
	if !maps.Equal(objects, want) {
		t.Errorf("requests %v, want %v", objects, want)
	}
}

// Two users of one host, each with repositories of their own: clones, pushes, fetches and submodules in parallel, each with
// the password of whom the URL names.
func TestTwoUsersOfOneHost(t *testing.T) {
	w := newWorld(t)
	w.onlyOurs()
	w.approve(otherHost, "alice", "hunter2")
	w.approve(otherHost, "bob", "swordfish")
	alice, bob := w.server.URL("alice@"+otherHost, "two"), w.server.URL("bob@"+otherHost, "three")
	for name, url := range map[string]string{"two": alice, "three": bob} {
		w.commit("src-"+name, "file", name)
		w.git("-C", "src-"+name, "push", url, "HEAD:main")
	}
	w.git("clone", w.server.URL("alice@"+otherHost, "one"), "a")
	w.git("-C", "a", "submodule", "add", alice, "of-alice")
	w.git("-C", "a", "submodule", "add", bob, "of-bob")
	w.commit("a", "file", "one")
	w.git("-C", "a", "push", "origin", "HEAD:main")
	w.git("clone", "--recurse-submodules", "-j", "8", w.server.URL("bob@"+otherHost, "one"), "b")
	for name, want := range map[string]string{"file": "one", "of-alice/file": "two", "of-bob/file": "three"} {
		if got, err := os.ReadFile(filepath.Join(w.home, "b", name)); err != nil || string(got) != want {
			t.Errorf("%s has %q, %v", name, got, err)
		}
	}
	w.server.Forget()
	w.git("-C", "b", "fetch", "--recurse-submodules", "-j", "8", "origin")
	w.git("-C", "b", "submodule", "update", "--remote", "-j", "8")
	for _, r := range w.server.Requests() {
		want := map[string]string{"one": "bob swordfish", "two": "alice hunter2", "three": "bob swordfish"}[strings.Split(r.Path, "/")[3]]
		if got := r.Username + " " + r.Password; r.Status == 200 && got != want || r.Password != "" && r.Status != 200 {
			t.Errorf("%s was opened by %s with %d, want %s", r.Path, got, r.Status, want)
		}
	}
}

// Users, ports and addresses are told apart, and each gets its own password.
func TestEachHostAndUserHasItsOwn(t *testing.T) {
	w := newWorld(t)
	w.onlyOurs()
	logins := map[string][2]string{ // by the host of the URL
		"alice@" + otherHost: {"alice", "hunter2"}, "bob@" + otherHost: {"bob", "swordfish"},
		otherHost + ":8443": {"alice", "port"}, "[::1]": {"alice", "v6"}, "[::1]:8443": {"alice", "v6port"},
	}
	for host, login := range logins {
		_, bare, found := strings.Cut(host, "@")
		if !found {
			bare = host
		}
		w.approve(bare, login[0], login[1])
	}
	for host, login := range logins {
		w.server.Forget()
		w.git("ls-remote", w.server.URL(host, "one"))
		for _, r := range w.server.Requests() {
			if r.Password != "" && (r.Username != login[0] || r.Password != login[1]) {
				t.Errorf("%s was offered %s's password %q", host, r.Username, r.Password)
			}
		}
	}
	if out, err := w.try("ls-remote", w.server.URL("carol@"+otherHost, "one")); err == nil {
		t.Errorf("carol, of whom nothing is stored, got in: %s", out)
	}
}

// What is left after a server's refusals, and after what git says of them.
func TestWhatRefusalsLeave(t *testing.T) {
	w := newWorld(t)
	w.onlyOurs()
	login := func(user, password string) string {
		return "protocol=https\nhost=" + otherHost + "\nusername=" + user + "\npassword=" + password + "\n"
	}
	given := func(user string) bool {
		out := w.feed("fill", "protocol=https\nhost="+otherHost+"\nusername="+user+"\n")
		return strings.Contains(out, "password=")
	}
	stored := func() {
		w.feed("approve", login("alice", "hunter2"))
		w.feed("approve", login("bob", "swordfish"))
	}
	// An erase that git cuts off says "forget this host" at most. A git that lets carriage returns pass cuts nothing off,
	// and we refuse what it says.
	kept, marked := false, 2
	if !w.cutsOff() {
		kept, marked = true, 0
	}
	for _, tt := range []struct {
		name       string
		do         func()
		alice, bob bool // whether their logins are still given
		back       int  // how many can be restored
	}{
		{"a 403", func() { w.mustFail("403", "ls-remote", w.server.URL("alice@"+otherHost, "denied")) }, true, true, 0},
		{"a 404", func() { w.mustFail("", "ls-remote", "https://alice@"+otherHost+"/nothing/here") }, true, true, 0},
		{"a host that is away", func() {
			w.mustFail("", "-c", "http.proxy=http://127.0.0.1:1", "ls-remote", w.server.URL("alice@"+otherHost, "one"))
		}, true, true, 0},
		{"a 401 to another password", func() { w.mustFail("", "ls-remote", w.server.URL("alice:wrong@"+otherHost, "one")) }, true, true, 0},
		{"an erase with another password", func() { w.feed("reject", login("alice", "wrong")) }, true, true, 0},
		{"an erase of another user", func() { w.feed("reject", login("carol", "hunter2")) }, true, true, 0},
		{"an erase with the password", func() { w.feed("reject", login("alice", "hunter2")) }, false, true, 0},
		{"an erase of the user", func() { w.feed("reject", "protocol=https\nhost="+otherHost+"\nusername=alice\n") }, false, true, 1},
		{"an erase of the host", func() { w.feed("reject", "protocol=https\nhost="+otherHost+"\n") }, false, false, 2},
		{"an erase of a path that nothing is stored for", func() {
			w.feed("reject", "protocol=https\nhost="+otherHost+"\npath=x\n", "-c", "credential.useHttpPath=true")
		}, true, true, 0},
		{"an erase that is cut off", func() {
			w.mustFail("", "-c", "credential.useHttpPath=true", "ls-remote", "https://a:b@"+otherHost+"/v1/repos/on%0de")
		}, kept, kept, marked},
		{"an erase that is cut off at the user", func() { w.mustFail("", "ls-remote", "https://a%0d:b@"+otherHost+"/v1/repos/one") }, kept, kept, marked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.T = t
			stored()
			tt.do()
			if alice, bob := given("alice"), given("bob"); alice != tt.alice || bob != tt.bob {
				t.Errorf("given: alice's %t, bob's %t; want %t, %t", alice, bob, tt.alice, tt.bob)
			}
			saved := gitcred.Saved{Secrets: &w.store, Now: time.Now}
			n, err := saved.Restore(t.Context(), gitcred.Credential{Protocol: gitcred.Some("https"), Host: gitcred.Some(otherHost)})
			if err != nil || n != tt.back {
				t.Errorf("%d restored, %v; want %d", n, err, tt.back)
			}
		})
	}
}
