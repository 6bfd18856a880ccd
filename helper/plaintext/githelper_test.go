//go:build unix

package plaintext_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"credmint/helper/gitcred"
	"credmint/helper/plaintext"
)

// gitHome gives git a home of its own, with settings that a helper's source must not mind, and a directory for programs.
func gitHome(t *testing.T) (git, bin string) {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	for name, value := range map[string]string{
		"HOME": home, "XDG_CACHE_HOME": filepath.Join(home, "cache"), "XDG_CONFIG_HOME": filepath.Join(home, "config"),
		"GIT_ASKPASS": "/bin/echo", "SSH_ASKPASS": "/bin/echo", "PATH": home + ":" + os.Getenv("PATH"),
	} {
		t.Setenv(name, value)
	}
	config := "[credential]\n\thelper = !echo username=wrong; echo password=wrong\n\tuseHttpPath = true\n" +
		"[credential \"https://git.example.com\"]\n\thelper = !echo username=wrong; echo password=wrong\n[core]\n\taskPass = /bin/echo\n"
	if err := os.WriteFile(filepath.Join(home, ".gitconfig"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return git, home
}

// approve stores a login with one of git's helpers.
func approve(t *testing.T, git, helper, url string) {
	t.Helper()
	cmd := exec.Command(git, "-c", "credential.helper=", "-c", "credential.helper="+helper, "-c", "credential.useHttpPath=false",
		"credential", "approve")
	cmd.Stdin = strings.NewReader("url=" + url + "\n\n")
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestGitsCache(t *testing.T) {
	git, _ := gitHome(t)
	t.Cleanup(func() { _ = exec.Command(git, "credential-cache", "exit").Run() })
	for _, url := range []string{
		"https://alice:hunter2@git.example.com", "https://bob:swordfish@git.example.com", "https://carol:3@other.example.com",
	} {
		approve(t, git, "cache", url)
	}
	logins, _ := newLogins()
	source := &plaintext.GitHelper{
		Helper: "cache", Git: git, Logins: logins,
		Hosts: []gitcred.Credential{
			credential(t, "https://bob@git.example.com"), credential(t, "https://git.example.com/some/path"),
			credential(t, "https://nothing.example.com"), credential(t, "https://other.example.com"),
		},
	}
	steps := mustPlan(t, false, source)
	if len(steps) != 3 || !strings.HasPrefix(planned(steps), "0 move bob at https://git.example.com\n") ||
		!strings.Contains(planned(steps), "move carol at https://other.example.com") || steps[0].Where != "git's helper cache" {
		t.Errorf("planned:\n%s", planned(steps))
	}
	if err := plaintext.Apply(t.Context(), steps, false, ignore); err != nil {
		t.Fatal(err)
	}
	wantKept(t, logins, "https://bob:swordfish@git.example.com")
	wantKept(t, logins, "https://carol:3@other.example.com")
	if steps := mustPlan(t, false, source); len(steps) > 1 { // the other user of the first host may be left
		t.Errorf("it still has:\n%s", planned(steps))
	}
}

// A helper that is not installed is not an empty one, and one that forgets nothing is found out.
func TestOddHelpers(t *testing.T) {
	git, bin := gitHome(t)
	logins, _ := newLogins()
	hosts := []gitcred.Credential{credential(t, "https://git.example.com")}
	missing := &plaintext.GitHelper{Helper: "missing", Git: git, Logins: logins, Hosts: hosts}
	if _, err := plaintext.Plan(t.Context(), []plaintext.Source{missing}, false); err == nil || !strings.Contains(err.Error(), "not installed") {
		t.Errorf("error %v", err)
	}
	scripts := map[string]string{
		"stubborn": "[ $1 = get ] && printf 'username=u\\npassword=p\\n'",
		"partial":  "[ $1 = get ] && echo username=u",
		"hostile":  `[ $1 = get ] && printf 'username=u\033[2J\npassword=p\n'`,
		"failing":  "exit 1",
	}
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(bin, "git-credential-"+name), []byte("#!/bin/sh\ncat >/dev/null\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"partial": "", "failing": "", "stubborn": "0 move u at https://git.example.com\n"} {
		source := &plaintext.GitHelper{Helper: name, Git: git, Logins: logins, Hosts: hosts}
		if got := planned(mustPlan(t, false, source)); got != want {
			t.Errorf("%s: planned %q, want %q", name, got, want)
		}
	}
	stubborn := &plaintext.GitHelper{Helper: "stubborn", Git: git, Logins: logins, Hosts: hosts}
	err := plaintext.Apply(t.Context(), mustPlan(t, false, stubborn), false, ignore)
	if err == nil || !strings.Contains(err.Error(), "though it was told to forget it") {
		t.Errorf("error %v", err)
	}
	wantKept(t, logins, "https://u:p@git.example.com")
	hostile := &plaintext.GitHelper{Helper: "hostile", Git: git, Logins: logins, Hosts: hosts}
	if _, err := plaintext.Plan(t.Context(), []plaintext.Source{hostile}, false); err == nil || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("error %q", err)
	}
}
