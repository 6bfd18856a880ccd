//go:build linux

// Package faulttest has system calls of a test's processes fail, or be the last, and puts odd things in the place of files.
// strace injects the faults; the code under test has no part in it.
package faulttest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Writing are the kinds of system calls that a file is replaced with, by a short name. Of those with a question mark not
// every architecture has all.
var Writing = append([]Call{{"fsync", "fsync"}}, WritingUnsynced...)

// WritingUnsynced are those of a file that need not outlive a power cut.
var WritingUnsynced = []Call{
	{"rename", "?rename,?renameat,?renameat2"},
	{"write", "write"},
	{"open", "openat"},
	{"close", "close"},
	{"chmod", "fchmod"},
	{"stat", "newfstatat"},
	{"list", "getdents64"},
}

// Call is a kind of system calls.
type Call struct{ Name, Calls string }

// Slow reports whether every cell is to be tried, and not a sample only.
func Slow() bool { return os.Getenv("CREDMINT_SLOW") == "1" }

// Some are the first n of the cells, or all of them where a test may be slow.
func Some[T any](cells []T, n int) []T {
	if Slow() {
		return cells
	}
	return cells[:min(n, len(cells))]
}

// Result is how a process ended.
type Result struct {
	Code           int      // -1: it was killed
	Injected       []string // the calls that a fault was injected into, as strace prints them, with paths for descriptors
	Stdout, Stderr string
}

// Run runs a command to its end with faults injected into calls: fault is what strace's -e inject takes after them, and
// counts calls in each thread. Where strace is missing the test is skipped, or fails with CI=true.
func Run(t testing.TB, cmd *exec.Cmd, calls, fault string, options ...string) Result {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("install the package strace")
		}
		t.Skip("install the package strace to run this test")
	}
	log := filepath.Join(t.TempDir(), "log")
	traced := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-y", "-o", log, "-e", "trace="+calls, "-e", "inject="+calls+":"+fault)
	traced.Args = append(append(traced.Args, options...), cmd.Args...)
	traced.Env, traced.Dir, traced.Stdin, traced.SysProcAttr = cmd.Env, cmd.Dir, cmd.Stdin, cmd.SysProcAttr
	var out, errs bytes.Buffer
	traced.Stdout, traced.Stderr = &out, &errs
	err = traced.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if strings.Contains(errs.String(), "strace:") {
		t.Fatalf("strace does not work here: %s", errs.String())
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	r := Result{Code: traced.ProcessState.ExitCode(), Stdout: out.String(), Stderr: errs.String()}
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.Contains(line, "(INJECTED)") {
			r.Injected = append(r.Injected, line)
		}
	}
	return r
}

// Kill has a subtest for each kind of calls. It kills the process that begin prepares at its first call, a new one at its
// second, and so on, until one comes to its end; look is called after each, and in the end.
func Kill(t *testing.T, calls []Call, begin func(t *testing.T) (cmd *exec.Cmd, look func(when string))) {
	t.Helper()
	for _, call := range calls {
		t.Run(call.Name, func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				cmd, look := begin(t)
				r := Run(t, cmd, call.Calls, fmt.Sprint("signal=KILL:when=", n))
				if r.Code == 0 && n == 1 {
					t.Errorf("it makes no call to %s", call.Name)
				}
				if r.Code == 0 {
					look("not killed any more")
					return
				}
				if r.Code != -1 {
					t.Fatalf("%s %d: it ended with %d: %s", call.Name, n, r.Code, r.Stderr)
				}
				look(fmt.Sprintf("killed at %s %d", call.Name, n))
			}
		})
	}
}
