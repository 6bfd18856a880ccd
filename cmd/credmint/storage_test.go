//go:build linux

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"credmint/helper/atomicfile/faulttest"
	"credmint/helper/mint/awstest"
	"credmint/keychain/keychaintest"
)

// storage is a person with an access key in the file keychain, or in the one of env, an AWS, and no session yet.
type storage struct {
	importer
	aws   *awstest.AWS
	alice *awstest.User
}

const storageConfig = `# mine
[profile me]
region = eu-west-1

[profile reader]
region = eu-west-1
role_arn = arn:aws:iam::222222222222:role/Reader
source_profile = me
`

func newStorage(t *testing.T, env ...string) *storage {
	t.Helper()
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	s := &storage{aws: awstest.New()}
	url := s.aws.Start()
	t.Cleanup(s.aws.Close)
	s.alice = s.aws.AddUser("111111111111", "alice")
	s.aws.AddRole("arn:aws:iam::222222222222:role/Reader", awstest.Trust{Principals: []string{s.alice.ARN}})
	s.importer = importer{t: t, self: self, home: t.TempDir(), env: append(env, "AWS_ENDPOINT_URL="+url)}
	if err := os.Mkdir(filepath.Join(s.home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.home, ".aws", "config"), []byte(storageConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	if len(env) == 0 {
		if err := keychaintest.OpenCheaply(filepath.Join(s.home, ".local", "share", "credmint"), "correct horse"); err != nil {
			t.Fatal(err)
		}
	}
	s.mustRun(s.alice.AccessKeyID+"\n"+s.alice.Secret+"\n", self, "add", "--stdin", "me")
	s.mustRun("", self, "aws", "me") // makes the sealing key
	if err := os.RemoveAll(filepath.Join(s.home, ".cache")); err != nil {
		t.Fatal(err)
	}
	return s
}

// copied is the same person as before anything happened; AWS is one for all.
func (s *storage) copied(t *testing.T) *storage {
	t.Helper()
	c := *s
	c.t = t
	c.home = copyHome(t, s.home)
	return &c
}

func (s *storage) sessions() string { return filepath.Join(s.home, ".cache", "credmint", "sessions") }

// wantWhole wants stdout to be nothing, or one whole document, as the exit code says.
func (s *storage) wantWhole(when string, code int, stdout string) {
	s.t.Helper()
	var document struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	err := json.Unmarshal([]byte(stdout), &document)
	switch {
	case code == 0 && (err != nil || document.SessionToken == "" || !strings.HasSuffix(stdout, "}\n")):
		s.t.Errorf("%s: stdout is %q, want one whole document", when, stdout)
	case code != 0 && stdout != "" && err != nil:
		s.t.Errorf("%s: it ends with %d, and stdout is %q", when, code, stdout)
	}
}

// wantUnaided wants the next call to answer as if nothing had been, and the one after it from what is kept.
func (s *storage) wantUnaided(when string) {
	s.t.Helper()
	first := s.run("", "aws", "me")
	s.wantWhole(when+", and again", first.code, first.stdout)
	second := s.run("", "aws", "me")
	if first.code != 0 || second.stdout != first.stdout || second.stderr != "" {
		s.t.Errorf("%s: the next call ends with %d: %s; and the one after it answers %q: %s", when, first.code, first.stderr, second.stdout, second.stderr)
	}
}

type ended struct {
	code           int
	stdout, stderr string
}

func (s *storage) run(stdin string, args ...string) ended {
	s.t.Helper()
	cmd := s.command(s.self, args...)
	return s.end(cmd, stdin)
}

func (s *storage) end(cmd *exec.Cmd, stdin string) ended {
	s.t.Helper()
	var out, errs strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	_ = cmd.Run()
	return ended{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// wantNoSecret wants what people read to hold no secret.
func (s *storage) wantNoSecret(when, text string) {
	s.t.Helper()
	if strings.Contains(text, s.alice.Secret) {
		s.t.Errorf("%s: it shows the secret: %s", when, text)
	}
}

// TestKilledAnswer kills a cold `credmint aws` at every system call with which it keeps the session.
func TestKilledAnswer(t *testing.T) {
	needTracer(t)
	s := newStorage(t)
	faulttest.Kill(t, faulttest.Some(faulttest.WritingUnsynced, 1), func(t *testing.T) (*exec.Cmd, func(string)) {
		s := s.copied(t)
		return s.command(s.self, "aws", "me"), s.wantUnaided
	})
}

// TestKilledAdd kills a `credmint add` that replaces a key at every system call: the profile has the old key or the new, and
// the same command finishes the work.
func TestKilledAdd(t *testing.T) {
	needTracer(t)
	s := newStorage(t)
	faulttest.Kill(t, faulttest.Some(faulttest.Writing, 1), func(t *testing.T) (*exec.Cmd, func(string)) {
		s := s.copied(t)
		key := s.alice.AccessKeyID + "\n" + s.alice.Secret + "\n"
		args := []string{"add", "--replace", "--stdin", "me"}
		cmd := s.command(s.self, args...)
		cmd.Stdin = strings.NewReader(key)
		return cmd, func(when string) {
			s.wantUnaided(when)
			s.mustRun(key, s.self, args...)
			if text := textOf(t, s.home, ".aws/config"); !strings.Contains(text, "aws me\n") || !strings.HasPrefix(text, "# mine\n") {
				t.Errorf("%s, and again: the config holds %q", when, text)
			}
		}
	})
}

// TestKilledSetup kills a `credmint setup aws` at every system call: SDKs find the role in one way or the other, and the same
// command finishes the work.
func TestKilledSetup(t *testing.T) {
	needTracer(t)
	s := newStorage(t)
	whole := s.copied(t)
	whole.mustRun("", s.self, "setup", "aws", "--yes")
	want := textOf(t, whole.home, ".aws/config")
	if strings.Count(want, "credential_process") != 2 || !strings.Contains(want, "\ncredmint_role_arn") {
		t.Fatalf("setup aws writes %q", want)
	}
	faulttest.Kill(t, faulttest.Some(faulttest.Writing, 1), func(t *testing.T) (*exec.Cmd, func(string)) {
		s := s.copied(t)
		return s.command(s.self, "setup", "aws", "--yes"), func(when string) {
			if got := s.run("", "aws", "reader"); got.code != 0 {
				t.Errorf("%s: credmint aws reader: %s", when, got.stderr)
			}
			if text := textOf(t, s.home, ".aws/config"); strings.Count(text, "role_arn = ") != 1 || strings.Count(text, "source_profile = ") != 1 {
				t.Errorf("%s: the config holds %q", when, text)
			}
			s.mustRun("", s.self, "setup", "aws", "--yes")
			if text := textOf(t, s.home, ".aws/config"); text != want {
				t.Errorf("%s, and again: the config holds %q, want %q", when, text, want)
			}
		}
	})
}
