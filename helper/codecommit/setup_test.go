package codecommit_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"credmint/helper/codecommit"
)

// shapes has a host of each shape that is signed for.
func shapes() []string {
	return []string{
		"git-codecommit.us-east-1.amazonaws.com",
		"git-codecommit.us-east-1.amazonaws.com:443",
		"git-codecommit-fips.us-gov-west-1.amazonaws.com",
		"git-codecommit.cn-north-1.amazonaws.com.cn",
		endpoint + ".git-codecommit.us-west-2.vpce.amazonaws.com",
		endpoint + "-us-west-2a.git-codecommit-fips.us-west-2.vpce.amazonaws.com",
		endpoint + ".git-codecommit.cn-north-1.vpce.amazonaws.com.cn",
	}
}

func TestSections(t *testing.T) {
	sections := codecommit.Sections("/opt/x git")
	if len(sections) != 6 {
		t.Fatalf("%d sections", len(sections))
	}
	for _, s := range sections {
		var got []string
		for _, setting := range s.Settings {
			got = append(got, s.Key(setting)+" = "+setting.Value)
		}
		want := strings.ReplaceAll("credential.URL.helper = |credential.URL.helper = /opt/x git|credential.URL.useHttpPath = true", "URL", s.URL)
		if strings.Join(got, "|") != want {
			t.Errorf("%q, want %q", got, want)
		}
		host := strings.TrimPrefix(s.URL, "https://")
		region := "us-east-1"
		if strings.HasSuffix(host, ".cn") {
			region = "cn-north-1"
		}
		if host, private := strings.CutPrefix(host, "*."); private {
			s.URL = endpoint + "." + host
		} else {
			s.URL = host
		}
		if _, ok := codecommit.ParseHost("https", strings.Replace(s.URL, "*", region, 1)); !ok {
			t.Errorf("%s is no host that is signed for", s.URL)
		}
	}
}

// TestSectionsInGit asks real git, with a helper configured for all hosts before and after the sections.
func TestSectionsInGit(t *testing.T) {
	home := t.TempDir()
	for _, h := range []string{"global", "scoped"} {
		script := "#!/bin/sh\necho \"$0 $*\" >>'" + home + "/calls'\ncat >>'" + home + "/calls'\n"
		if err := os.MkdirAll(filepath.Join(home, "it's a dir"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(home, "it's a dir", h), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	helper := func(name string) string {
		return codecommit.HelperCommand(filepath.Join(home, "it's a dir", name), "git", "--profile", "a $b")
	}
	git(t, home, "", "config", "--global", "credential.helper", helper("global"))
	configure(t, home, helper("scoped"))

	for _, host := range shapes() {
		if got := strings.TrimSpace(git(t, home, "", "config", "--type=bool", "--get-urlmatch", "credential.useHttpPath", "https://"+host+"/v1/repos/r")); got != "true" {
			t.Errorf("%s: useHttpPath = %q", host, got)
		}
		calls := fill(t, home, "https", host)
		if strings.Contains(calls, "/global ") || !strings.Contains(calls, "/scoped git --profile a $b get\n") || !strings.Contains(calls, "path=v1/repos/r\n") {
			t.Errorf("%s: git asked %q", host, calls)
		}
	}
	for _, host := range []string{
		"example.com", "git-codecommit.us-east-1.amazonaws.com.evil.example", "git-codecommit.us-east-1.amazonaws.com:8443",
		"git-codecommit.us.east-1.amazonaws.com", "amazonaws.com",
	} {
		if calls := fill(t, home, "https", host); !strings.Contains(calls, "/global ") || strings.Contains(calls, "/scoped ") {
			t.Errorf("%s: git asked %q", host, calls)
		}
	}
	if calls := fill(t, home, "http", "git-codecommit.us-east-1.amazonaws.com"); strings.Contains(calls, "/scoped ") {
		t.Errorf("http: git asked %q", calls)
	}
}

func TestHelperCommand(t *testing.T) {
	for _, tt := range []struct {
		want  string
		words []string
	}{
		{"/usr/bin/credmint git", []string{"/usr/bin/credmint", "git"}},
		{"/usr/bin/credmint git --profile 'a b'", []string{"/usr/bin/credmint", "git", "--profile", "a b"}},
		{"!'/my dir/credmint' git", []string{"/my dir/credmint", "git"}},
		{`!'/it'\''s/credmint' git ''`, []string{"/it's/credmint", "git", ""}},
		{"!'/a$(id)/`x`;y' git", []string{"/a$(id)/`x`;y", "git"}},
		{"!'/~/é' '~' '*' '#'", []string{"/~/é", "~", "*", "#"}},
	} {
		if got := codecommit.HelperCommand(tt.words[0], tt.words[1:]...); got != tt.want {
			t.Errorf("HelperCommand(%q) = %s, want %s", tt.words, got, tt.want)
		}
	}
}

// configure writes the sections into the settings in home, as a person would.
func configure(t *testing.T, home, helper string) {
	t.Helper()
	for _, s := range codecommit.Sections(helper) {
		for _, setting := range s.Settings {
			git(t, home, "", "config", "--global", "--add", s.Key(setting), setting.Value)
		}
	}
}

// fill lets git look for a login, and returns what its helpers noted. It finds none.
func fill(t *testing.T, home, protocol, host string) string {
	t.Helper()
	calls := filepath.Join(home, "calls")
	_ = os.Remove(calls)
	cmd := command(t, home, "credential", "fill")
	cmd.Stdin = strings.NewReader("protocol=" + protocol + "\nhost=" + host + "\npath=v1/repos/r\n\n")
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("git credential fill found %q", out)
	}
	noted, _ := os.ReadFile(calls)
	return string(noted)
}

// git runs git with the settings in home alone, and returns its output. It fails the test if git fails.
func git(t *testing.T, home, in string, args ...string) string {
	t.Helper()
	cmd := command(t, home, args...)
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return string(out)
}

func command(t *testing.T, home string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("git")
	if err != nil {
		missing(t, "git")
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = home
	cmd.Env = []string{
		"HOME=" + home, "USERPROFILE=" + home, "XDG_CONFIG_HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"LC_ALL=C", "PATH=" + os.Getenv("PATH"),
	}
	if runtime.GOOS == "windows" {
		cmd.Env = append(cmd.Env, "SYSTEMROOT="+os.Getenv("SYSTEMROOT"))
	}
	return cmd
}

// missing skips a test for want of a package, and fails it if CI is "true".
func missing(t *testing.T, name string) {
	t.Helper()
	text := name + " is missing: install the package " + name
	if os.Getenv("CI") == "true" {
		t.Fatal(text)
	}
	t.Skip(text)
}
