package plaintext_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"credmint/helper/plaintext"
)

const remotes = `[core]
	bare = false
# https://alice:hunter2@git.example.com is a comment
[remote "origin"]
	url = https://alice:hunter2@git.example.com/team/one.git ; mine
	pushurl = "https://alice:hunter2@git.example.com/team/one.git"
	fetch = +refs/heads/*:refs/remotes/origin/*
[remote "bob"]
	url = http://b%40b:p%2Fq@localhost:3000/x
[remote "quoted"]
	url = https://carol:a\"b@git.example.com
[remote "plain"]
	url = https://git.example.com/team/two
[remote "user"]
	url = https://dave@git.example.com/team/two
[remote "token"]
	url = https://:token@git.example.com
[remote "two"]
	url = https://eve:p@ss@git.example.com
[remote "ssh"]
	url = ssh://git:secret@git.example.com/x
[remote "other"]
	url = https://alice:another@git.example.com/y
[url "https://frank:letmein@mirror.example.com/"]
	insteadOf = https://git.example.com/
[submodule "s"]
	url = https://alice:hunter2@git.example.com/team/s
[remote "github"]
	url = https://ghp_opensesame:x-oauth-basic@github.com/a/b
[lfs]
	url = https://grace:opensesame@lfs.example.com/info/lfs
`

// A repository's URLs lose their passwords, and nothing else changes: neither for git nor, outside of the URLs, at all.
func TestGitRemotes(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is missing: apt-get install git")
	}
	logins, _ := newLogins()
	path := write(t, "config", remotes)
	source := &plaintext.GitRemotes{Path: path, Git: git, Logins: logins}
	steps := mustPlan(t, false, source)
	want := `5 move alice at https://git.example.com
6 remove alice at https://git.example.com: it stands in the open twice
9 move b@b at http://localhost:3000
0 leave carol at https://git.example.com: it is written with escapes: remove the password by hand
17 leave https://git.example.com: it has no user name
19 leave eve at https://ss@git.example.com: git and curl read it differently
21 leave git at ssh://git.example.com: git asks nobody for passwords of ssh
23 leave alice at https://git.example.com: it is not the first one for the same login
24 move frank at https://mirror.example.com
27 remove alice at https://git.example.com: it stands in the open twice
29 leave https://github.com: its user name is the secret, and would be shown: write the token as a password, behind any user name
31 move grace at https://lfs.example.com
`
	if got := planned(steps); got != want {
		t.Errorf("planned:\n%swant:\n%s", got, want)
	}
	wantFile(t, path, remotes)
	if err := plaintext.Apply(t.Context(), steps, false, ignore); err != nil {
		t.Fatal(err)
	}
	var left strings.Builder
	for line := range strings.Lines(remotes) {
		if !strings.HasPrefix(line, "#") {
			line = strings.NewReplacer("alice:hunter2@", "alice@", ":p%2Fq@", "@", ":letmein@", "@", ":opensesame@", "@").Replace(line)
		}
		left.WriteString(line)
	}
	wantFile(t, path, left.String())
	for _, url := range []string{
		"https://alice:hunter2@git.example.com", "http://b%40b:p%2Fq@localhost:3000", "https://frank:letmein@mirror.example.com", "https://grace:opensesame@lfs.example.com",
	} {
		wantKept(t, logins, url)
	}
	for _, s := range mustPlan(t, false, source) {
		if s.Action != plaintext.Leave {
			t.Errorf("a second run would %s %s", s.Action, s.Name)
		}
	}
}

// What git would read differently afterwards is not written; nor is anything while git writes, or before it is kept.
func TestGitRemotesStay(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("git is missing: apt-get install git")
	}
	const config = "[remote \"origin\"]\n\turl = https://alice:hunter2@git.example.com\n"
	for name, tt := range map[string]struct {
		config string
		spoil  func(path string, m *memory)
		want   string
	}{
		"elsewhere too":  {config + "[x]\n\ty = see https://alice:hunter2@git.example.com\n", nil, "git would not read it as before"},
		"git is writing": {config, func(path string, _ *memory) { _ = os.WriteFile(path+".lock", nil, 0o600) }, "config.lock is there"},
		"not kept":       {config, func(_ string, m *memory) { m.lost = "git.example.com" }, "it is left in"},
		"not storable":   {config, func(_ string, m *memory) { m.broken = "git.example.com" }, "alice at"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			logins, m := newLogins()
			path := write(t, "config", tt.config)
			steps := mustPlan(t, false, &plaintext.GitRemotes{Path: path, Git: git, Logins: logins})
			if tt.spoil != nil {
				tt.spoil(path, m)
			}
			err := plaintext.Apply(t.Context(), steps, false, ignore)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			_ = os.Remove(path + ".lock")
			wantFile(t, path, tt.config)
		})
	}
	logins, _ := newLogins()
	broken := &plaintext.GitRemotes{Path: write(t, "config", "[remote\nurl = https://alice:hunter2@h\n"), Git: git, Logins: logins}
	if _, err := broken.Find(t.Context()); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}
