//go:build unix

package mint_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint"
)

// process is a profile whose credential_process is a shell script.
func process(t *testing.T, text string) *helper.Profile {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vault")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return &helper.Profile{Name: "other", Kind: helper.Process, Inputs: &helper.ProcessCommand{
		Command: []string{path, "export", "my prod"}, Parents: "0011:other",
	}}
}

func TestProcess(t *testing.T) {
	t.Setenv("CREDMINT_PASSPHRASE", "canary")
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("CREDMINT_PARENT", "")
	var stderr bytes.Buffer
	m := &mint.Process{Now: time.Now, Stderr: &stderr}
	end := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	p := process(t, `echo "Touch your key" >&2
printf '{"Version":1,"AccessKeyId":"%s","SecretAccessKey":"%s","SessionToken":"%s","Expiration":"`+end.Format(time.RFC3339)+`"}' \
	"$1/$2" "$AWS_REGION$CREDMINT_PASSPHRASE" "$CREDMINT_PARENT"`)
	s, err := m.Session(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if s.AccessKeyID != "export/my prod" || s.SecretAccessKey != "eu-west-1" || s.SessionToken != "0011:other" || !s.Expires.Equal(end) {
		t.Errorf("got %s %s %s until %s", s.AccessKeyID, s.SecretAccessKey, s.SessionToken, s.Expires)
	}
	if stderr.String() != "Touch your key\n" {
		t.Errorf("stderr %q", stderr.String())
	}
}

func TestProcessFailures(t *testing.T) {
	const secret = "wJalrXUtnFEMI"
	tests := map[string]struct {
		script string
		want   string
	}{
		"exit status":      {"echo " + secret + "; exit 3", "vault: exit status 3"},
		"killed":           {"kill -9 $$", "signal: killed"},
		"no document":      {"echo " + secret, "not one JSON object"},
		"too long":         {"yes " + secret, "prints too much"},
		"past":             {`echo '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"` + secret + `","Expiration":"2020-01-01T00:00:00Z"}'`, "by this machine's clock"},
		"reads the caller": {"cat; exit 1", "exit status 1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := (&mint.Process{Now: time.Now}).Session(t.Context(), process(t, tt.script))
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), `profile "other": credential_process: `) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if s != (helper.Session{}) || err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%v, %v", s, err)
			}
		})
	}
}

func TestProcessThatHangs(t *testing.T) {
	slow := errors.New("too slow")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, slow)
	defer cancel()
	if _, err := (&mint.Process{Now: time.Now}).Session(ctx, process(t, "sleep 60 & wait")); !errors.Is(err, slow) {
		t.Errorf("error %v", err)
	}
}

// Whoever can write to the working directory does not choose the program.
func TestProcessIsNotLookedForHere(t *testing.T) {
	p := process(t, "echo no")
	here := p.Inputs.(*helper.ProcessCommand)
	t.Chdir(filepath.Dir(here.Command[0]))
	t.Setenv("PATH", ".:"+os.Getenv("PATH"))
	for _, name := range []string{"vault", "./vault", "~/vault"} {
		here.Command[0] = name
		if _, err := (&mint.Process{Now: time.Now}).Session(t.Context(), p); err == nil || !strings.Contains(err.Error(), "there is no such program") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// A role asks for its device's code where its source's process hands out a long-lived key, and not where that is a session.
func TestRoleOfAProcessAndItsCode(t *testing.T) {
	w := newWorld(t)
	w.role.Direct, w.role.Duration = false, time.Hour
	key := helper.Session{AccessKeyID: w.alice.AccessKeyID, SecretAccessKey: w.alice.Secret}
	code := func(context.Context, *helper.Profile, int) (string, error) {
		w.asked++
		return w.mfa.Code(time.Now()), nil
	}
	m := &mint.AssumeRole{Base: fixed{key}, MFA: code, Now: time.Now, Network: &mint.Network{}}
	if _, err := m.Session(t.Context(), &w.role); err != nil || w.asked != 1 {
		t.Errorf("with a key: asked %d times, %v", w.asked, err)
	}
	session, err := w.source().Session(t.Context(), &w.me)
	if err != nil {
		t.Fatal(err)
	}
	m.Base = fixed{session}
	var refused *mint.Error
	if _, err := m.Session(t.Context(), &w.role); !errors.As(err, &refused) || refused.Code != "AccessDenied" || w.asked != 1 {
		t.Errorf("with a session: asked %d times, %v", w.asked, err)
	}
}

// fixed answers with one session.
type fixed struct{ session helper.Session }

func (f fixed) Session(context.Context, *helper.Profile) (helper.Session, error) {
	return f.session, nil
}

func (f fixed) Instead(context.Context, *helper.Profile, helper.Session) (helper.Session, error) {
	return helper.Session{}, errors.New("there is one session only")
}
