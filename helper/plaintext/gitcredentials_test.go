package plaintext_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"credmint/helper/gitcred"
	"credmint/helper/plaintext"
	"credmint/helper/platformtest"
)

// TestAsGitReads compares with git's own store helper, which is asked for what was found.
func TestAsGitReads(t *testing.T) {
	logins, _ := newLogins()
	const text = `https://a%40b:p%2Fq%25@git.example.com:8443
http://user:p%3Aw@localhost/some/path/
https://u:%C3%A9%20%2B+@[::1]:3000
smtp://me%40example.com:app%20password@mail.example.com:587
https://:only-password@empty.example.com
https://user:@nothing.example.com
https://u:p@h%3Apercent.example.com?query#x
`
	path := write(t, "credentials", text)
	steps := mustPlan(t, false, &plaintext.GitCredentials{Path: path, Logins: logins})
	if err := plaintext.Apply(t.Context(), steps, true, ignore); err != nil {
		t.Fatal(err)
	}
	git := platformtest.Need(t, "git")
	for line := range strings.Lines(text) {
		c := credential(t, strings.TrimSuffix(line, "\n"))
		wantKept(t, logins, strings.TrimSuffix(line, "\n"))
		c.Password = gitcred.Value{}
		var request strings.Builder
		if err := gitcred.Write(&request, c); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(git, "credential-store", "--file", path, "get")
		cmd.Stdin = strings.NewReader(request.String())
		want, err := cmd.Output()
		if err != nil || len(want) == 0 {
			t.Fatalf("git has %q, %v for %s", want, err, line)
		}
		c.Path = gitcred.Value{} // git answers without
		answer, err := logins.Get(t.Context(), credential(t, strings.TrimSuffix(line, "\n")))
		if got := "username=" + answer.Username.Text() + "\npassword=" + answer.Password.Text() + "\n"; err != nil || got != string(want) {
			t.Errorf("%s: kept as %q, %v; git has %q", line, got, err, want)
		}
	}
}

// What git would never use, and what is worth nothing, stays.
func TestGitCredentialsStay(t *testing.T) {
	logins, m := newLogins()
	signed := "20260101T130000Z" + strings.Repeat("0123456789abcdef", 4)
	path := write(t, "credentials", strings.Join([]string{
		"https://ASIAIOSFODNN7EXAMPLE%25token:" + signed + "@git-codecommit.us-east-1.amazonaws.com",
		"https://u:p@h\r", "https://u:p@h%0ahost=evil", "https://u:a%0db@h", "://u:p@h", "https://u:p@", "u:p@h",
	}, "\n"))
	steps := mustPlan(t, false, &plaintext.GitCredentials{Path: path, Logins: logins})
	if len(steps) != 7 {
		t.Fatalf("planned:\n%s", planned(steps))
	}
	for _, s := range steps {
		if s.Action != plaintext.Leave || s.Reason == "" {
			t.Errorf("line %d: %s %s, %s", s.Line, s.Action, s.Name, s.Reason)
		}
	}
	if got := steps[0].Reason; !strings.Contains(got, "CodeCommit") {
		t.Errorf("a signed password stays because %s", got)
	}
	before, _ := os.ReadFile(path)
	if err := plaintext.Apply(t.Context(), steps, false, ignore); err != nil || len(m.items) != 0 {
		t.Errorf("%v, %d items", err, len(m.items))
	}
	wantFile(t, path, string(before))
}

// A CodeCommit login is kept so that it serves every repository, as codecommit.Helper asks for it.
func TestCodeCommitLogin(t *testing.T) {
	logins, _ := newLogins()
	const host = "git-codecommit.us-east-1.amazonaws.com"
	path := write(t, "credentials", "https://alice-at-111111111111:static@"+host+":443/v1/repos/demo\n")
	steps := mustPlan(t, false, &plaintext.GitCredentials{Path: path, Logins: logins})
	if err := plaintext.Apply(t.Context(), steps, false, ignore); err != nil {
		t.Fatal(err)
	}
	wantKept(t, logins, "https://alice-at-111111111111:static@"+host)
	wantFile(t, path, "")
}

// FuzzGitCredentials: what is moved is kept, the rest stays byte for byte, and a second run finds nothing to move.
func FuzzGitCredentials(f *testing.F) {
	f.Add("https://a:1@h\n#x\nhttps://b:2@h/p\n")
	f.Add("https://a:1@h\r\n\nhttps://a:2@h")
	f.Add("https://%zz:%00@h:1\nhttps://u:%0a@h\nhttp://x:y@[::1]/?#\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\x00") {
			return
		}
		logins, _ := newLogins()
		path := write(t, "credentials", text)
		source := &plaintext.GitCredentials{Path: path, Logins: logins}
		steps := mustPlan(t, false, source)
		if err := plaintext.Apply(t.Context(), steps, false, ignore); err != nil {
			t.Fatal(err)
		}
		moved := map[int]bool{}
		for _, s := range steps {
			moved[s.Line] = s.Action != plaintext.Leave
		}
		var rest strings.Builder
		number := 0
		for line := range strings.Lines(text) {
			if number++; moved[number] {
				wantKept(t, logins, strings.TrimSuffix(line, "\n"))
			} else {
				rest.WriteString(line)
			}
		}
		wantFile(t, path, rest.String())
		for _, s := range mustPlan(t, false, source) {
			if s.Action != plaintext.Leave {
				t.Errorf("a second run would %s %s", s.Action, s.Name)
			}
		}
	})
}
