//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"credmint/helper/mint/awstest"
	"credmint/keychain/keychaintest"
)

const transcripts = "../../.github/docs/commands.md"

var update = flag.Bool("update", false, "write what the commands of .github/docs/commands.md print into it")

// TestTranscripts types every command of .github/docs/commands.md again, one after the other, in a real terminal of a new
// machine. What they print is what the document says.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(transcripts)
	if err != nil {
		t.Fatal(err)
	}
	typist := newTypist(t)
	var document strings.Builder
	rest := string(text)
	for {
		before, after, found := strings.Cut(rest, "```console\n")
		document.WriteString(before)
		if !found {
			break
		}
		block, after, found := strings.Cut(after, "```\n")
		if !found {
			t.Fatalf("a block has no end: %s", block)
		}
		printed := typist.block(block)
		if got, want := sameness(printed), sameness(block); got != want && !*update {
			t.Errorf("the document says\n%s\nand the terminal shows\n%s", block, printed)
		}
		fmt.Fprintf(&document, "```console\n%s```\n", printed)
		rest = after
	}
	if *update {
		if err := os.WriteFile(transcripts, []byte(document.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// sameness is what is the same in each run: neither ids nor times are, nor the versions of this program, Go and git.
func sameness(text string) string {
	for _, change := range []struct{ from, to string }{
		{`(?m)^·.* git version .*\n( {15}.*\n)*`, ""},
		{`(?m)^  "(commit|modified)": .*\n`, ""},
		{`"(version|go|platform)": "[^"]*"`, `"$1"`},
		{`\bcredmint (\(devel\)|[0-9a-f]{12}(\+dirty)?)`, "credmint VERSION"},
		{`\bgo1\.[0-9.]+, \w+/\w+`, "GO"},
		{`of the \d+ files`, "of the files"}, // one may just be being written
		{`\b(AKIA|ASIA)[A-Z0-9]+`, "$1"},
		{`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`, "UUID"},
		{`\b20\d\d-\d\d-\d\d([T ][0-9:.]{8,}Z?)?`, "TIME"},
		{`\b([A-Z][a-z]{2} |\d{1,2} [A-Z][a-z]{2} )?\d\d:\d\d\b`, "TIME"},
		{`\b[0-9.]+ ?(ms|s|min|m|h|d)( ?\d+ ?(min|m|s))?\b`, "LONG"},
		{`127\.0\.0\.1:\d+`, "LOOPBACK"},
		{`[A-Za-z0-9+/_=.%&-]*…`, "…"},
		{`█+░*`, "█"},
		{` +`, " "},
	} {
		text = regexp.MustCompile(change.from).ReplaceAllString(text, change.to)
	}
	return text
}

// typist is a person at a terminal, who answers what is asked.
type typist struct {
	*tmux
	device *awstest.Device
	home   string // is called /home/alice in the document
}

// newTypist is at a machine with AWS's settings as its documents would have them, and credmint installed.
func newTypist(t *testing.T) *typist {
	t.Helper()
	needProgram(t, "man", "man-db")
	needProgram(t, "/usr/bin/aws", "awscli")
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	home := shortHome(t)
	d := &desktop{t: t, bus: keychaintest.Must(t, false), aws: awstest.New(), home: home, self: self}
	d.url = d.aws.Start()
	t.Cleanup(d.aws.Close)
	d.aws.SetOutboundIdentity(true)
	d.alice = d.aws.AddUser("111111111111", "alice")
	d.mfa = d.alice.AddMFA("alice")
	d.aws.AddRole("arn:aws:iam::222222222222:role/Admin", awstest.Trust{Principals: []string{d.alice.ARN}, RequireMFA: true})
	d.aws.AddRole("arn:aws:iam::222222222222:role/Reader", awstest.Trust{Principals: []string{d.alice.ARN}})
	for _, dir := range []string{".aws", "bin", ".local/bin"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	d.write(".bashrc", "PS1='$ '\n")
	d.write(".aws/credentials", fmt.Sprintf("[me]\naws_access_key_id = %s\naws_secret_access_key = %s\n", d.alice.AccessKeyID, d.alice.Secret))
	d.write(".aws/config", `[profile me]
region = eu-central-1

[profile prod]
region = eu-west-1
role_arn = arn:aws:iam::222222222222:role/Admin
source_profile = me
mfa_serial = arn:aws:iam::111111111111:mfa/alice

[profile audit]
region = eu-central-1
role_arn = arn:aws:iam::222222222222:role/Reader
source_profile = me
credmint_confirm = true

[profile plan]
region = eu-west-1
role_arn = arn:aws:iam::222222222222:role/Reader
source_profile = me
credmint_role_session_name = plan
credmint_allow = terraform*
`)
	d.awsPrograms()
	for _, err := range []error{
		os.Link(self, filepath.Join(home, ".local", "bin", "credmint")), // a program's path is not that of a link to it
		os.Symlink("credmint", filepath.Join(home, ".local", "bin", "git-credential-credmint")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	typist := &typist{device: d.mfa, home: home}
	typist.tmux = startTmux(t, 120, 60, home, []string{
		"HOME=" + home, "HISTFILE=", "SHELL=/bin/bash", "LANG=C.UTF-8", "MANPAGER=cat", "MANPATH=" + filepath.Join(home, ".local", "share", "man"),
		"PATH=" + filepath.Join(home, ".local", "bin") + ":" + filepath.Join(home, "bin") + ":" + os.Getenv("PATH"),
		"AWS_ENDPOINT_URL=" + d.url, "AWS_EC2_METADATA_DISABLED=true", "DBUS_SESSION_BUS_ADDRESS=" + d.bus.Address,
	}, "bash")
	return typist
}

// shortHome is as long as /home/alice, so that tables are as wide as they are with that.
func shortHome(t *testing.T) string {
	t.Helper()
	home := ""
	err := os.ErrExist
	for n := os.Getpid(); errors.Is(err, os.ErrExist); n++ {
		home = fmt.Sprintf("/tmp/c%05d", n%100000)
		err = os.Mkdir(home, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		until(t, "all to end that writes to "+home, func() bool { return os.RemoveAll(home) == nil })
	})
	return home
}

// scene is how a command that does not end by itself is typed, looked at, and left.
type scene struct {
	keys  []string // instead of Enter
	shows string   // what the screen then does
	leave []string // keys
	left  bool     // the screen is looked at after that, not before
}

func scenes() map[string]scene {
	return map[string]scene{
		"credmint explain":       {[]string{"Enter", "p"}, " of ", []string{"Escape"}, false},
		"credmint exec p":        {[]string{"Tab", "Tab"}, "plan", []string{"C-c"}, false},
		"credmint serve prod me": {[]string{"Enter"}, "AWS_DEFAULT_REGION=eu-central-1", []string{"C-c"}, true},
	}
}

var (
	commandLine = regexp.MustCompile(`(?m)^(?:\([a-z]+\) )?\$ (.*)$`)
	promptLine  = regexp.MustCompile(`(^|\n|\^C)(\([a-z]+\) )?\$ ?$`)
)

// block types the commands of a block of the document, on an empty screen, and returns what it shows then.
func (p *typist) block(text string) string {
	p.t.Helper()
	p.types("echo something that clear can wipe", "Enter")
	p.until(func() bool { return strings.Contains(p.shown, "\nsomething") && promptLine.MatchString(p.shown) })
	p.types("clear", "Enter")
	p.until(func() bool { return promptLine.MatchString(p.shown) && !strings.Contains(p.shown, "something") })
	p.run("clear-history")
	for _, command := range commandLine.FindAllStringSubmatch(text, -1) {
		s, known := scenes()[command[1]]
		p.types("-l", command[1])
		p.until(func() bool { return strings.HasSuffix(p.shown, command[1]) })
		if !known {
			p.types("Enter")
			p.answered()
			continue
		}
		for _, key := range s.keys {
			p.types(key)
		}
		p.until(func() bool { return strings.Contains(p.shown, s.shows) })
		seen := p.shown
		p.types(s.leave...)
		p.until(func() bool { return promptLine.MatchString(p.shown) })
		if !s.left {
			return p.told(seen)
		}
	}
	return p.told(promptLine.ReplaceAllString(p.shown, "$1"))
}

// answered waits for the next prompt, and answers what is asked before it.
func (p *typist) answered() {
	p.t.Helper()
	asked := 0
	p.until(func() bool {
		switch lines := strings.Split(p.shown, "\n"); {
		case promptLine.MatchString(p.shown):
			return true
		case len(lines) <= asked:
		case strings.HasSuffix(p.shown, "[y/N]:"):
			p.types("y", "Enter")
			asked = len(lines)
		case strings.HasSuffix(p.shown, "mfa/alice):"):
			code, _ := p.device.Unused()
			p.types(code, "Enter")
			asked = len(lines)
		}
		return false
	})
}

// until looks at all that the terminal has shown since it was cleared.
func (p *typist) until(enough func() bool) {
	p.t.Helper()
	p.wait("more", func() bool {
		lines := strings.Split(p.run("capture-pane", "-p", "-J", "-S", "-"), "\n")
		for i := range lines {
			lines[i] = strings.TrimRight(lines[i], " ")
		}
		p.shown = strings.TrimRight(strings.Join(lines, "\n"), "\n")
		return enough()
	})
}

var (
	secretValue = regexp.MustCompile(`((?i:secret_access_key|session_token)(?:'? '|": "| ?= ?'?))[^'"\s]+`)
	longToken   = regexp.MustCompile(`[A-Za-z0-9+/_=.%&-]{100,}`)
)

// told is what the document says of it: no secret, even of an AWS that does not exist, and nothing longer than a line.
func (p *typist) told(shown string) string {
	shown = strings.ReplaceAll(strings.TrimRight(shown, "\n"), p.home, "/home/alice")
	shown = secretValue.ReplaceAllString(shown, "$1…")
	return longToken.ReplaceAllStringFunc(shown, func(token string) string { return token[:20] + "…" }) + "\n"
}
