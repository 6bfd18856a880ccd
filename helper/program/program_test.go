//go:build unix

package program_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"credmint/helper/program"
)

// script writes an executable shell script and returns its path. No other test may start a process meanwhile: it would have the
// script open for writing until it is another program, and Linux runs no script that somebody writes to.
func script(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	here, there := t.TempDir(), t.TempDir()
	t.Chdir(here)
	script(t, here, "mine", "exit 0")
	script(t, here, "theirs", "exit 0")
	theirs := script(t, there, "theirs", "exit 0")
	if err := os.WriteFile(filepath.Join(there, "text"), []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", strings.Join([]string{".", "", "sub/..", there}, string(os.PathListSeparator)))
	tests := map[string]string{
		"theirs":                       theirs, // passing over the one in the working directory
		"mine":                         "",
		"./mine":                       "",
		"sub/../mine":                  "",
		"":                             "",
		".":                            "",
		"text":                         "",
		theirs:                         theirs,
		filepath.Join(there, "text"):   "",
		filepath.Join(there, "absent"): "",
	}
	for name, want := range tests {
		got, err := program.Find(name)
		if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, program.ErrNotFound) {
			t.Errorf("Find(%q) = %q, %v; want %q", name, got, err, want)
		}
	}
}

func run(t *testing.T, ctx context.Context, text string) (string, error) {
	t.Helper()
	cmd := program.Command(ctx, script(t, t.TempDir(), "prog", text), "a b", "-c")
	cmd.Stdin = strings.NewReader("in\n")
	out, err := program.Output(ctx, cmd, 64)
	return string(out), err
}

func TestOutput(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "canary")
	t.Setenv("CREDMINT_PASSPHRASE", "canary")
	t.Setenv("aws_lower", "canary")
	t.Setenv("CREDMINT_PARENT", "1:me")
	out, err := run(t, t.Context(), `read line; echo "$# $1 $2 $line $CREDMINT_PARENT $(env | grep -c canary)"; echo talk >&2`)
	if out != "2 a b -c in 1:me 0\n" || err != nil {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestFailure(t *testing.T) {
	_, err := run(t, t.Context(), `echo "no device" >&2; echo more >&2; exit 3`)
	var failed *program.Failed
	if !errors.As(err, &failed) || failed.Code != 3 || err.Error() != "prog: exit status 3: no device" {
		t.Errorf("got %#v", err)
	}
	if _, err := run(t, t.Context(), `kill -9 $$`); !errors.As(err, &failed) || failed.Code != -1 {
		t.Errorf("got %#v", err)
	}
}

func TestTooLong(t *testing.T) {
	// It would print for ever, whatever becomes of its stdout.
	_, err := run(t, t.Context(), `trap "" PIPE; while :; do echo 0123456789 2>/dev/null; done`)
	if !errors.Is(err, program.ErrTooLong) {
		t.Errorf("got %v", err)
	}
}

func TestDeadline(t *testing.T) {
	slow := errors.New("too slow")
	for name, text := range map[string]string{
		"hangs":                   "exec sleep 300",
		"hangs and will not end":  `trap "" TERM; while :; do sleep 300; done`,
		"a child has its stdout":  "sleep 300 & wait",
		"it closed stdout itself": "exec >&- ; exec sleep 300",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, slow)
			defer cancel()
			start := time.Now()
			_, err := run(t, ctx, text)
			if !errors.Is(err, slow) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// A program may leave something behind that holds its stdout; its answer is good all the same.
func TestLeftBehind(t *testing.T) {
	if out, err := run(t, t.Context(), "sleep 5 & echo done"); out != "done\n" || err != nil {
		t.Errorf("got %q, %v", out, err)
	}
}
