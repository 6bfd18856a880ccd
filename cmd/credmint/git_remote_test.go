//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"credmint/helper/codecommit/codecommittest"
	"credmint/helper/mint/awstest"
)

// onTerminal starts a command whose terminal is a new one, beside the stdout and stderr that its caller keeps, and returns
// the person's side of it.
func (d *desktop) onTerminal(cmd *exec.Cmd) (screen *os.File, out *bytes.Buffer) {
	d.t.Helper()
	screen, tty, err := openPTY()
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { screen.Close() })
	defer tty.Close()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	cmd.ExtraFiles = []*os.File{tty}
	out = &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	return screen, out
}

// signers are the roles that have signed what the server took since the last Forget.
func (d *desktop) signers(server *codecommittest.Server) string {
	var roles []string
	for _, r := range server.Requests() {
		id, _, _ := strings.Cut(r.Username, "%")
		if r.Status != 200 || id == "" {
			continue
		}
		who := "login of " + r.Username
		if grant, ok := d.aws.Grant(id); ok {
			who = grant.ARN
		}
		if len(roles) == 0 || roles[len(roles)-1] != who {
			roles = append(roles, who)
		}
	}
	server.Forget()
	return strings.Join(roles, " ")
}

// A code is asked for on the terminal, while stdin, stdout and stderr are git's; and nowhere at all where git may not ask.
func TestRemoteAsksOnTheTerminal(t *testing.T) {
	d, server := gitDesktop(t)
	d.env = append(d.env, "GIT_TERMINAL_PROMPT=")
	barred := map[string]*exec.Cmd{
		"credential.interactive = false": d.command("git", "-c", "credential.interactive=false", "clone", "codecommit://admin@demo", "x"),
		"credential.interactive = never": d.command("git", "-c", "credential.interactive=never", "clone", "codecommit://admin@demo", "x"),
		"GIT_TERMINAL_PROMPT=0":          d.command("git", "clone", "codecommit://admin@demo", "x"),
	}
	barred["GIT_TERMINAL_PROMPT=0"].Env = append(d.env[:len(d.env):len(d.env)], "GIT_TERMINAL_PROMPT=0")
	for why, cmd := range barred {
		screen, out := d.onTerminal(cmd)
		if err := cmd.Wait(); err == nil || !strings.Contains(out.String(), why) || !strings.Contains(out.String(), "credmint login admin") {
			t.Errorf("%s: %v: %s", why, err, out)
		}
		if shown := rest(screen); strings.Contains(shown, "MFA") {
			t.Errorf("%s: the terminal shows %q", why, shown)
		}
	}
	d.minted(0, 0)

	cmd := d.command("git", "clone", "codecommit::us-east-1://admin@demo", "one")
	screen, out := d.onTerminal(cmd)
	d.answer(screen, "MFA code for profile me ("+d.mfa.Serial+"): ", d.mfa.Code(time.Now()))
	if err := cmd.Wait(); err != nil || strings.Contains(out.String(), "MFA") {
		t.Errorf("%v: %s", err, out)
	}
	d.minted(1, 1)
	if got := d.signers(server); got != "arn:aws:sts::222222222222:assumed-role/Admin/alice" {
		t.Errorf("signed by %s", got)
	}
}

// rest is what else a terminal shows, after the last process on it is gone.
func rest(screen *os.File) string {
	var shown strings.Builder
	buf := make([]byte, 256)
	_ = screen.SetReadDeadline(time.Now().Add(30 * time.Second))
	for {
		n, err := screen.Read(buf)
		shown.Write(buf[:n])
		if err != nil {
			return shown.String()
		}
	}
}

// Both forms of codecommit:// clone, push and fetch, submodules included, in parallel; files in Git LFS come from where
// CodeCommit's users keep them, with a password.
func TestRemoteSubmodulesAndLFS(t *testing.T) {
	d, server := gitDesktop(t)
	needProgram(t, "git-lfs", "git-lfs")
	for _, name := range []string{"sub-a", "sub-b", "sub-c"} {
		server.MustCreate(t, name)
	}
	d.mustRun(d.command(d.self, "setup", "git", "--yes", "--all-hosts"))
	d.git("config", "--global", "protocol.codecommit.allow", "always") // git's own rule for submodules
	d.git("lfs", "install", "--skip-repo")
	d.login(otherHost, "alice", "hunter2")
	for _, name := range []string{"sub-a", "sub-b", "sub-c"} {
		d.commit("src-"+name, "file", name)
		d.git("-C", "src-"+name, "push", "codecommit::us-east-1://reader@"+name, "HEAD:main")
	}

	d.minted(1, 1) // for all of it

	d.env = append(d.env, "AWS_REGION=us-east-1", "AWS_PROFILE=reader") // another region, and so another session
	d.git("clone", "codecommit://reader@demo", "one")
	d.git("-C", "one", "submodule", "add", "codecommit://reader@sub-a", "a")
	d.git("-C", "one", "submodule", "add", "codecommit::us-east-1://reader@sub-b", "b")
	d.git("-C", "one", "submodule", "add", "../sub-c", "c") // where the profile is lost, and AWS_PROFILE chooses
	d.git("-C", "one", "lfs", "track", "*.bin")
	d.git("-C", "one", "config", "-f", ".lfsconfig", "lfs.url", server.URL("alice@"+otherHost, "demo")+"/info/lfs")
	d.commit("one", "large.bin", strings.Repeat("large ", 1000))
	server.Forget()
	d.git("-C", "one", "push", "origin", "HEAD:main")
	if got := d.signers(server); !strings.Contains(got, "login of alice") || !strings.Contains(got, readerARN) {
		t.Errorf("pushed by %s", got)
	}

	d.git("clone", "--recurse-submodules", "-j", "4", "codecommit://reader@demo", "two")
	for name, want := range map[string]string{"a/file": "sub-a", "b/file": "sub-b", "c/file": "sub-c", "large.bin": strings.Repeat("large ", 1000)} {
		if got, err := os.ReadFile(filepath.Join(d.home, "two", name)); err != nil || string(got) != want {
			t.Errorf("%s has %.80q, %v", name, got, err)
		}
	}
	d.git("-C", "two", "submodule", "update", "--remote", "-j", "4")
	d.minted(1, 1)
	d.noSecretIn(d.home)
}

// commit adds a file to a repository, which it makes where there is none.
func (d *desktop) commit(repository, file, text string) {
	d.t.Helper()
	if _, err := os.Stat(filepath.Join(d.home, repository)); err != nil {
		d.git("init", "-q", "-b", "main", repository)
	}
	d.write(filepath.Join(repository, file), text)
	d.git("-C", repository, "add", "-A")
	d.git("-C", repository, "commit", "-q", "-m", "add "+file)
}

// Two accounts in one region on one machine: whoever the repository, the URL or the environment says signs.
func TestTwoAccounts(t *testing.T) {
	d, server := gitDesktop(t)
	d.aws.AddRole("arn:aws:iam::333333333333:role/Reader", awstest.Trust{Principals: []string{d.alice.ARN}})
	config, err := os.ReadFile(filepath.Join(d.home, ".aws/config"))
	if err != nil {
		t.Fatal(err)
	}
	d.write(".aws/config", strings.Replace(string(config), "[profile reader]", "[profile reader]\ncredmint_codecommit_profile = platform-*", 1)+fmt.Sprintf(`
[profile third]
region = us-east-1
credential_process = %s aws third
credmint_role_arn = arn:aws:iam::333333333333:role/Reader
credmint_source_profile = plain
credmint_codecommit_profile = us-east-1/infra
`, d.self))
	d.mustRun(d.command(d.self, "setup", "git", "--yes"))
	server.MustCreate(t, "platform-api")
	server.MustCreate(t, "infra")
	const third = "arn:aws:sts::333333333333:assumed-role/Reader/alice"
	key := []string{"AWS_ACCESS_KEY_ID=" + d.alice.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + d.alice.Secret}
	for _, tt := range []struct {
		url  string
		env  []string
		want string
	}{
		{server.URL(codecommittest.Host, "platform-api"), nil, readerARN},
		{server.URL(codecommittest.Host, "infra"), nil, third},
		{server.URL("reader@"+codecommittest.Host, "infra"), nil, readerARN},
		{server.URL("333333333333@"+codecommittest.Host, "platform-api"), nil, third},
		{server.URL("alice-at-333333333333@"+codecommittest.Host, "demo"), nil, third},
		{server.URL(codecommittest.Host, "demo"), []string{"AWS_PROFILE=third"}, third},
		{server.URL(codecommittest.Host, "infra"), []string{"AWS_PROFILE=reader"}, third},
		{"codecommit::us-east-1://platform-api", nil, readerARN},
		{"codecommit::us-east-1://infra", []string{"AWS_PROFILE=reader"}, third},
		{"codecommit://infra", nil, third}, // its region is the profile's
		{"codecommit::us-east-1://reader@infra", key, readerARN},
		{"codecommit::us-east-1://infra", key, "login of " + d.alice.AccessKeyID},
	} {
		server.Forget()
		cmd := d.command("git", codecommittest.WithUser([]string{"ls-remote", tt.url})...)
		cmd.Env = append(d.env[:len(d.env):len(d.env)], tt.env...)
		d.mustRun(cmd)
		if got := d.signers(server); got != tt.want {
			t.Errorf("%s, %q: signed by %s, want %s", tt.url, tt.env, got, tt.want)
		}
	}
}

// What cannot be served says why before git starts, and a stranger's URL is no option.
func TestRemoteRefuses(t *testing.T) {
	d, server := gitDesktop(t)
	for _, tt := range []struct {
		url  string
		env  string
		want string
	}{
		{"codecommit::us-east-1://gone@demo", "", `profile "gone": no credentials are configured for it`},
		{"codecommit://me@demo", "", `profile "me": it has no region, and the URL names none`},
		{"codecommit::--help", "", "is not codecommit://"},
		{"codecommit::us-east-1://--help@demo", "", "its profile is no name of one"},
		{"codecommit::us-east-1://reader@demo", "CODE_COMMIT_ENDPOINT=git-codecommit.us-east-1.amazonaws.com.evil.example", "CODE_COMMIT_ENDPOINT: "},
		{"codecommit::us-east-1://reader@demo", "CODE_COMMIT_ENDPOINT=[::1]:443", "CODE_COMMIT_ENDPOINT: "},
		{"codecommit::us-east-1://reader@demo", "CODE_COMMIT_ENDPOINT=git-codecommit.us-east-2.amazonaws.com", "the remote names region us-east-1"},
		{"codecommit::cn-north-1://reader@demo", "AWS_USE_FIPS_ENDPOINT=true", "no FIPS endpoint in cn-north-1"},
	} {
		cmd := d.command("git", "ls-remote", tt.url)
		cmd.Env = append(d.env[:len(d.env):len(d.env)], tt.env)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s, %s: %v: %s", tt.url, tt.env, err, out)
		}
	}
	if n := len(server.Requests()); n != 0 {
		t.Errorf("%d requests reached a server", n)
	}
	d.minted(0, 0)

	// The same host by another name is none of these.
	cmd := d.command("git", "-c", "credential.username=alice", "ls-remote", "codecommit://reader@demo")
	cmd.Env = append(d.env[:len(d.env):len(d.env)], "CODE_COMMIT_ENDPOINT="+codecommittest.Host)
	d.mustRun(cmd)
	if got := d.signers(server); got != readerARN {
		t.Errorf("signed by %s", got)
	}
}
