//go:build unix

package mfa_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mfa"
	"credmint/helper/mint/awstest"
	"credmint/helper/program"
)

// teller is Codes for one device, of which a seed may be kept.
type teller struct {
	*mfa.Codes
	used  *used
	seed  string
	asked []time.Duration // how long the person was told to wait
	told  []string
}

func newTeller(t *testing.T) *teller {
	c := &teller{used: newUsed(t)}
	c.Codes = &mfa.Codes{
		Used: c.used.Used,
		Tell: func(text string) { c.told = append(c.told, text) },
		Seed: func(_ context.Context, of string) (mfa.Seed, bool, error) {
			if of != serial || c.seed == "" {
				return mfa.Seed{}, false, nil
			}
			seed, err := mfa.ParseSeed(c.seed)
			return seed, true, err
		},
		Person: func(_ context.Context, _ *helper.Profile, _ int, wait time.Duration) (string, error) {
			c.asked = append(c.asked, wait)
			return "654321", nil
		},
	}
	return c
}

// onPath is a directory on PATH with a script in it.
func onPath(t *testing.T, name, text string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
}

func TestOrder(t *testing.T) {
	onPath(t, "ykman", `[ "$*" = "oath accounts code --single -- AWS:me" ] && echo 222222`)
	seed := awstest.New().AddUser("111111111111", "alice").AddMFA("me").Seed
	const process, yubikey, kept = 1, 2, 4
	for has, want := range map[int]string{
		0: "654321", process: "111111", yubikey: "222222", kept: "", kept | yubikey: "", kept | process: "111111",
		process | yubikey | kept: "111111",
	} {
		c := newTeller(t)
		p := &helper.Profile{Name: "me", MFASerial: serial}
		if has&process != 0 {
			p.MFAProcess = []string{"/bin/echo", "111111"}
		}
		if has&yubikey != 0 {
			p.MFAYubiKey = "AWS:me"
		}
		if has&kept != 0 {
			c.seed = seed
		}
		before := time.Now()
		got, err := c.Code(t.Context(), p, 1)
		if parsed, err := mfa.ParseSeed(seed); want == "" && err == nil {
			if want = parsed.Code(before); got != want { // another window has begun
				want = parsed.Code(time.Now())
			}
		}
		if got != want || err != nil {
			t.Errorf("%03b: got %q, %v; want %q", has, got, err, want)
		}
		if touch := len(c.told) == 1; touch != (want == "222222") {
			t.Errorf("%03b: told %q", has, c.told)
		}
		if free := c.used.Free(serial, half); !free.After(before) {
			t.Errorf("%03b: the code counts as unused", has)
		}
		if person := len(c.asked) == 1; person != (want == "654321") {
			t.Errorf("%03b: asked %v", has, c.asked)
		}
	}
}

// What a program prints is a code or nothing, and never a part of an error.
func TestPrograms(t *testing.T) {
	slow := errors.New("too slow")
	tests := map[string]struct {
		script string
		want   string
		err    string
		is     error
	}{
		"a code":            {script: "echo 123456", want: "123456"},
		"and white space":   {script: "printf '\\r\\n  123456 \\n\\n'", want: "123456"},
		"no line end":       {script: "printf 123456", want: "123456"},
		"nothing":           {script: "exit 0", err: "mfa_process: code printed no code of six digits"},
		"eight digits":      {script: "echo 12345678", err: "mfa_process: code printed no code of six digits"},
		"other digits":      {script: "echo ١٢٣٤٥٦", err: "mfa_process: code printed no code of six digits"},
		"two codes":         {script: "echo 123456; echo 123456", err: "mfa_process: code printed no code of six digits"},
		"a secret":          {script: "echo hunter2", err: "mfa_process: code printed no code of six digits"},
		"too much":          {script: "while echo 123456; do :; done", err: "mfa_process: code: it prints too much: more than 64 bytes", is: program.ErrTooLong},
		"it fails":          {script: "echo 123456; echo vault locked >&2; exit 2", err: "mfa_process: code: exit status 2: vault locked"},
		"it hangs":          {script: "exec sleep 20", err: "mfa_process: code: too slow", is: slow},
		"arguments, stdin":  {script: `cat; echo "$#$1$2" | grep -q '^2--x;y$' && echo 123456`, want: "123456"},
		"no secret of ours": {script: "env | grep -q canary || echo 123456", want: "123456"},
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "canary")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			onPath(t, "code", tt.script)
			limit := time.Minute
			if tt.is == slow {
				limit = 200 * time.Millisecond
			}
			// No deadline, before which a code would have to leave time to be used.
			ctx, cancel := context.WithCancelCause(t.Context())
			defer time.AfterFunc(limit, func() { cancel(slow) }).Stop()
			c, before := newTeller(t), time.Now()
			got, err := c.Code(ctx, &helper.Profile{MFASerial: serial, MFAProcess: []string{"code", "--x", ";y"}}, 1)
			if got != tt.want || tt.err != "" && (err == nil || err.Error() != tt.err) || tt.err == "" && err != nil {
				t.Errorf("got %q, %v; want %q, %q", got, err, tt.want, tt.err)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v is not %v", err, tt.is)
			}
			if free := c.used.Free(serial, half); tt.err == "" && !free.After(before) || tt.err != "" && free.After(time.Now()) {
				t.Errorf("the first unused code begins at %s", free)
			}
		})
	}
	for _, word := range []string{"absent", "./code", ""} {
		_, err := newTeller(t).Code(t.Context(), &helper.Profile{MFASerial: serial, MFAProcess: []string{word}}, 1)
		if !errors.Is(err, program.ErrNotFound) {
			t.Errorf("%q: %v", word, err)
		}
	}
}

// A YubiKey that is away is an error, and no question to the person.
func TestYubiKeyAway(t *testing.T) {
	onPath(t, "ykman", "echo 'ERROR: No YubiKey detected!' >&2; exit 1")
	c := newTeller(t)
	_, err := c.Code(t.Context(), &helper.Profile{MFASerial: serial, MFAYubiKey: "AWS:me"}, 1)
	if err == nil || err.Error() != "mfa_yubikey: ykman: exit status 1: ERROR: No YubiKey detected!" || len(c.asked) != 0 {
		t.Errorf("got %v, asked %v", err, c.asked)
	}
}

// aws takes each code of a device once, as the real one does.
type aws struct{ taken map[string]bool }

func (a *aws) takes(code string) bool {
	fresh := !a.taken[code]
	a.taken[code] = true
	return fresh
}

func TestEachCodeIsSentOnce(t *testing.T) {
	inWindow(t, func(t *testing.T, start time.Time) {
		c, service := newTeller(t), aws{map[string]bool{}}
		c.seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
		for i, want := range []time.Duration{0, 20 * time.Second, 50 * time.Second} {
			code, err := c.Code(t.Context(), &helper.Profile{MFASerial: serial}, 1)
			if err != nil || !service.takes(code) || time.Since(start) != want {
				t.Errorf("%d: %q, %v after %s", i, code, err, time.Since(start))
			}
		}
	})
}

// Something else, on another machine perhaps, has used the code: the next is tried, and no third.
func TestRefusedCodes(t *testing.T) {
	inWindow(t, func(t *testing.T, start time.Time) {
		c := newTeller(t)
		c.seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
		p := &helper.Profile{MFASerial: serial}
		first, err := c.Code(t.Context(), p, 1)
		if err != nil {
			t.Fatal(err)
		}
		second, err := c.Code(t.Context(), p, 2)
		if err != nil || second == first || time.Since(start) != 20*time.Second {
			t.Errorf("%q after %q, %v, %s", second, first, err, time.Since(start))
		}
		_, err = c.Code(t.Context(), p, 3)
		var refused *mfa.RefusedError
		if !errors.As(err, &refused) || err.Error() != "AWS refused 2 codes of the kept seed for "+serial || !strings.Contains(refused.Hint(), "date -u") {
			t.Errorf("got %v", err)
		}
		if time.Since(start) != 20*time.Second {
			t.Errorf("it took %s to say so", time.Since(start))
		}
	})
}

// A person is told when the device shows a code that was used already.
func TestPersonIsToldToWait(t *testing.T) {
	inWindow(t, func(t *testing.T, start time.Time) {
		c := newTeller(t)
		for range 2 {
			if _, err := c.Code(t.Context(), &helper.Profile{MFASerial: serial}, 1); err != nil {
				t.Fatal(err)
			}
		}
		if len(c.asked) != 2 || c.asked[0] != 0 || c.asked[1] != 20*time.Second || time.Since(start) != 0 {
			t.Errorf("asked %v, after %s", c.asked, time.Since(start))
		}
	})
}

func TestKeychainsErrorIsKept(t *testing.T) {
	locked := errors.New("locked")
	c := newTeller(t)
	c.Seed = func(context.Context, string) (mfa.Seed, bool, error) { return mfa.Seed{}, false, locked }
	if _, err := c.Code(t.Context(), &helper.Profile{MFASerial: serial}, 1); !errors.Is(err, locked) || len(c.asked) != 0 {
		t.Errorf("got %v, asked %v", err, c.asked)
	}
	if free := c.used.Free(serial, half); free.After(time.Now()) {
		t.Error("a code was spent on it")
	}
}
