//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"credmint/helper/atomicfile/faulttest"
	"credmint/helper/mint/awstest"
	"credmint/keychain/keychaintest"
)

// Where the keychain is asked before main, processes wait there for the one that makes the session, and are answered there.
// What comes of it otherwise is handed on to main: the right to make the session, why there is none, and that it takes too
// long.
func TestInLine(t *testing.T) {
	bus := keychaintest.Must(t, false)
	s := newStorage(t, "DBUS_SESSION_BUS_ADDRESS="+bus.Address, "CREDMINT_KEYCHAIN=os", "GODEBUG=inittrace=1")
	const late = "init net/http @"
	if version := s.mustRun("", s.self, "version"); !strings.Contains(version, late) {
		t.Fatalf("%q is not how main's beginning is known: %s", late, version)
	}
	begin := func(t *testing.T) (g *gate, holder *exec.Cmd, waiters func() map[string]int) {
		g = newGate(s.copied(t))
		g.aws.Reset()
		t.Cleanup(func() { g.aws.SetFault("GetSessionToken", awstest.Fault{}) })
		holder = g.holder()
		answers := make(chan map[string]int)
		go func() { answers <- g.crowd(4) }()
		g.inQueue(4)
		return g, holder, func() map[string]int { return <-answers }
	}
	// those have four processes say it, and so many of them in main. Where the keyring takes more than a second to answer, main
	// asks it again.
	those := func(t *testing.T, answers map[string]int, code int, says string, least, most int) {
		t.Helper()
		all, late := 0, 0
		for answer, n := range answers {
			if !strings.HasPrefix(answer, fmt.Sprint(code, " ")) || !strings.Contains(answer, says) {
				t.Errorf("%d say %s", n, answer)
			}
			all += n
			if strings.Contains(answer, "init net/http @") {
				late += n
			}
		}
		if all != 4 || late < least || late > most {
			t.Errorf("%d answers, want 4; %d of them from main, want %d to %d", all, late, least, most)
		}
	}
	t.Run("made", func(t *testing.T) {
		g, _, waiters := begin(t)
		g.let()
		those(t, waiters(), 0, `{"Version":1,`, 0, 3)
		g.wantMinted(1)
	})
	t.Run("refused", func(t *testing.T) {
		g, _, waiters := begin(t)
		g.aws.SetFault("GetSessionToken", awstest.Fault{Code: "AccessDenied", Message: "no"})
		g.let()
		those(t, waiters(), exitFailed, "(another process was told while this one waited)", 4, 4)
		g.wantMinted(0)
	})
	t.Run("killed", func(t *testing.T) {
		g, holder, waiters := begin(t)
		if err := holder.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		those(t, waiters(), 0, `{"Version":1,`, 1, 3)
		g.wantMinted(1)
	})
	if !faulttest.Slow() { // it takes the 40 seconds for which a program waits for another one
		return
	}
	t.Run("stopped", func(t *testing.T) {
		_, holder, waiters := begin(t)
		if err := holder.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		answers := waiters() // the first one's session may be there before the last one has given up
		those(t, answers, 0, `{"Version":1,`, 4, 4)
		warning := fmt.Sprint("credmint: warning: another process is still at it: process ", holder.Process.Pid)
		if !strings.Contains(fmt.Sprint(answers), warning) {
			t.Errorf("nobody says %q", warning)
		}
	})
}
