//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"credmint/helper/codecommit/codecommittest"
)

// No secret is in the arguments or the environment of any process that git starts, and no other helper is asked to store
// what was signed. Each of them is seen: strace stops at every execve.
func TestNoSecretIsSeen(t *testing.T) {
	d, server := gitDesktop(t)
	needTracer(t)
	stored := filepath.Join(d.home, "stored")
	if err := os.MkdirAll(filepath.Join(d.home, ".config/git"), 0o700); err != nil {
		t.Fatal(err)
	}
	other := "!f() { echo $1 >>" + stored + "; cat >>" + stored + "; }; f" // as a distribution sets one up
	d.git("config", "--file", filepath.Join(d.home, ".config/git/config"), "credential.helper", other)
	d.mustRun(d.command(d.self, "setup", "git", "--yes", "--profile", "reader"))
	d.git("config", "--global", "--add", "credential.helper", d.self+" git")
	d.login(otherHost, "alice", "hunter2")
	trace := filepath.Join(t.TempDir(), "trace")
	for i, url := range []string{
		server.URL(codecommittest.Host, "demo"), "codecommit::us-east-1://reader@demo", server.URL("alice@"+otherHost, "demo"),
	} {
		dir := fmt.Sprintf("clone%d", i)
		d.traced(trace, "clone", url, dir)
		d.commit(dir, fmt.Sprintf("file%d", i), "text")
		d.traced(trace, "-C", dir, "push", "origin", "HEAD:main")
		d.traced(trace, "-C", dir, "fetch", "origin")
	}
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	seen := string(data)
	if n := strings.Count(seen, "execve("); n < 30 || !strings.Contains(seen, `"remote-https"`) || !strings.Contains(seen, "HOME=") {
		t.Fatalf("%d processes were seen", n)
	}
	offered := map[string]bool{d.alice.Secret: true}
	for _, r := range server.Requests() {
		id, token, _ := strings.Cut(r.Username, "%")
		secret, _, _, _ := d.aws.Session(id)
		for _, s := range []string{token, secret, r.Password} {
			if s != "" {
				offered[s] = true
			}
		}
	}
	if len(offered) < 6 {
		t.Errorf("%d secrets were used", len(offered))
	}
	for secret := range offered {
		if strings.Contains(seen, secret) {
			before := seen[:strings.Index(seen, secret)]
			program, _, _ := strings.Cut(before[strings.LastIndex(before, "execve("):], ",")
			t.Errorf("a secret of %d bytes is in what was given to %s", len(secret), program)
		}
	}
	told, err := os.ReadFile(stored)
	if err != nil || !strings.Contains(string(told), "password=hunter2\n") {
		t.Errorf("the other helper was told nothing: %v", err)
	}
	for _, line := range strings.Split(string(told), "\n") {
		if password, ok := strings.CutPrefix(line, "password="); ok && password != "hunter2" {
			t.Error("the other helper was told a password that was signed")
		}
	}
}

// traced runs git, and appends the arguments and the environment of every process it starts to the file.
func (d *desktop) traced(file string, args ...string) {
	d.t.Helper()
	one := file + ".one"
	d.mustRun(d.command("strace", append([]string{"-f", "-qq", "-v", "-s", "1000000", "-e", "trace=execve", "-o", one, "git"}, codecommittest.WithUser(args)...)...))
	data, err := os.ReadFile(one)
	if err != nil {
		d.t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		d.t.Fatal(err)
	}
}
