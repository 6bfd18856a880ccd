//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"credmint/helper/mint/awstest"
	"credmint/keychain/keychaintest"
)

// wired is a machine without a terminal, with the file keychain, whose AWS may be anything that a network can be. Its user's
// key is in the shared credentials file, which needs no question to the keychain.
type wired struct {
	t     *testing.T
	aws   *awstest.AWS
	alice *awstest.User
	self  string // credmint
	home  string
	env   []string
}

const wiredReader = "arn:aws:iam::222222222222:role/Reader"

func newWired(t *testing.T) *wired {
	t.Helper()
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	w := &wired{t: t, aws: awstest.New(), self: self, home: t.TempDir()}
	t.Cleanup(w.aws.Close)
	w.alice = w.aws.AddUser("111111111111", "alice")
	w.aws.AddRole(wiredReader, awstest.Trust{Principals: []string{w.alice.ARN}})
	const passphrase = "correct horse battery staple"
	if err := keychaintest.OpenCheaply(filepath.Join(w.home, ".local", "share", "credmint"), passphrase); err != nil {
		t.Fatal(err)
	}
	w.env = []string{
		"HOME=" + w.home, "PATH=" + filepath.Dir(self) + ":" + os.Getenv("PATH"), "LANG=C.UTF-8", "TMPDIR=" + w.home,
		"CREDMINT_KEYCHAIN=file", "CREDMINT_PASSPHRASE=" + passphrase, "DBUS_SESSION_BUS_ADDRESS=disabled:", "AWS_EC2_METADATA_DISABLED=true",
	}
	key := "]\naws_access_key_id = " + w.alice.AccessKeyID + "\naws_secret_access_key = " + w.alice.Secret + "\n"
	w.write(".aws/credentials", "[me"+key+"[other"+key)
	w.write(".aws/config", `[profile me]
region = eu-west-1
aws_account_id = 111111111111

[profile other]
region = eu-west-1
aws_account_id = 111111111111
duration_seconds = 7200

[profile reader]
region = eu-west-1
credmint_role_arn = `+wiredReader+`
credmint_source_profile = me
`)
	return w
}

// at has AWS looked for at an address.
func (w *wired) at(url string) { w.env = append(w.env, "AWS_ENDPOINT_URL="+url) }

func (w *wired) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.home, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		w.t.Fatal(err)
	}
}

// finished is how a process ended.
type finished struct {
	code           int
	stdout, stderr string
	took           time.Duration
}

// run runs credmint, unless args name another program by its path.
func (w *wired) run(args ...string) finished {
	if !filepath.IsAbs(args[0]) {
		args = append([]string{w.self}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env, cmd.Dir = w.env, w.home
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	err := cmd.Run()
	e := finished{cmd.ProcessState.ExitCode(), out.String(), errs.String(), time.Since(began)}
	if e.code < 0 || cmd.ProcessState == nil {
		e.stderr += fmt.Sprint(err)
	}
	return e
}

// said checks what holds for every run: stdout is empty or one document, stderr is lines of credmint's own, and no secret
// is in them.
func (w *wired) said(t *testing.T, e finished) {
	t.Helper()
	if !regexp.MustCompile(`\A(\{[^\n]*"Version": ?1[^\n]*\}\n)?\z`).MatchString(e.stdout) || (e.stdout == "") != (e.code != 0) {
		t.Errorf("exit %d with stdout %q", e.code, e.stdout)
	}
	for line := range strings.Lines(e.stderr) {
		if !strings.HasPrefix(line, "credmint: ") || len(line) > 1000 {
			t.Errorf("stderr has the line %.1200q", line)
		}
	}
	if strings.Contains(e.stderr, w.alice.Secret) {
		t.Errorf("stderr shows the secret: %s", e.stderr)
	}
}

// wants checks how a run ended, too: with that code, and with those texts (regular expressions) in stderr.
func (w *wired) wants(t *testing.T, e finished, code int, texts ...string) {
	t.Helper()
	w.said(t, e)
	if e.code != code || (len(texts) == 0) != (e.stderr == "") {
		t.Errorf("exit %d after %s, want %d: %s%s", e.code, e.took, code, e.stdout, e.stderr)
	}
	for _, text := range texts {
		if !regexp.MustCompile(`(?m)` + text).MatchString(e.stderr) {
			t.Errorf("stderr lacks %q: %s", text, e.stderr)
		}
	}
}

// told is what a cell's processes said, one after the other.
type told struct {
	name string
	*wired
	runs []finished
	done chan struct{}
}

// together tells the stories of all cells at the same time, since most of them wait most of the time, and then has each
// checked as a test of its own.
func together(t *testing.T, names []string, prepare func(w *wired, name string) (story func() []finished), check func(t *testing.T, s *told)) {
	t.Helper()
	var all []*told
	busy := make(chan struct{}, 12)
	for _, name := range names {
		w := newWired(t)
		story := prepare(w, name)
		s := &told{name: name, wired: w, done: make(chan struct{})}
		all = append(all, s)
		go func() {
			defer close(s.done)
			busy <- struct{}{}
			s.runs = story()
			<-busy
		}()
	}
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			<-s.done
			check(t, s)
		})
	}
	for _, s := range all { // those that -run left out
		<-s.done
	}
}

func sortedNames[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
