//go:build linux

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"credmint/helper/mint/awstest"
	"credmint/keychain/keychaintest"
)

// TestKilledRotation kills a rotation before and after each request to AWS, and at each write. The profile has a key that
// works all the time, and the next run ends with one key, in IAM as in the keychain, whatever IAM had made.
func TestKilledRotation(t *testing.T) {
	t.Parallel()
	needTracer(t)
	w := newKillingWorld(t)
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			i := w.fresh()
			if !w.killedAt(i, n, after) {
				if n < 7 {
					t.Errorf("there were only %d requests", n-1)
				}
				break
			}
			w.wantCarriedOn(i, fmt.Sprintf("killed at request %d, answered %v", n, after))
		}
	}
	for _, call := range []string{"fsync", "?rename,?renameat,?renameat2", "?unlink,?unlinkat"} {
		for n := 1; ; n++ {
			i := w.fresh()
			if i.traced(call, n, "rotate", "--yes", "--grace", "0", "me") {
				if n == 1 {
					t.Errorf("it was never killed at %s", call)
				}
				break
			}
			w.wantCarriedOn(i, fmt.Sprintf("killed at %s %d", call, n))
		}
	}
}

// killingWorld is an AWS whose callers can be killed by what they ask.
type killingWorld struct {
	t     *testing.T
	aws   *awstest.AWS
	alice *awstest.User
	home  string // in which alice's key is stored, to be copied
	with  importer

	mu    sync.Mutex
	seen  int
	at    int // 0: nobody is killed
	after bool
	kill  func()
}

func newKillingWorld(t *testing.T) *killingWorld {
	t.Helper()
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	w := &killingWorld{t: t, aws: awstest.New(), home: t.TempDir()}
	w.alice = w.aws.AddUser("111111111111", "alice")
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.with = importer{t: t, self: self, home: w.home, env: []string{"AWS_ENDPOINT_URL=" + server.URL}}
	if err := keychaintest.OpenCheaply(filepath.Join(w.home, ".local", "share", "credmint"), "correct horse"); err != nil {
		t.Fatal(err)
	}
	w.with.mustRun(w.alice.AccessKeyID+"\n"+w.alice.Secret+"\n", self, "add", "--stdin", "me")
	return w
}

func (w *killingWorld) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.seen++
	now := w.at == w.seen
	w.mu.Unlock()
	if now && !w.after {
		w.kill()
		return
	}
	if !now {
		w.aws.Handler().ServeHTTP(out, r)
		return
	}
	w.aws.Handler().ServeHTTP(httptest.NewRecorder(), r)
	w.kill()
}

// fresh is a home as it was before, and IAM too.
func (w *killingWorld) fresh() importer {
	w.t.Helper()
	w.alice.ResetAccessKeys()
	w.aws.Reset()
	i := w.with
	i.home = copyHome(w.t, w.home)
	return i
}

// killedAt rotates, is killed at the nth request, and reports whether there was one.
func (w *killingWorld) killedAt(i importer, n int, after bool) bool {
	w.t.Helper()
	cmd := i.command(i.self, "rotate", "--yes", "--grace", "0", "me")
	w.mu.Lock()
	w.seen, w.at, w.after, w.kill = 0, n, after, func() { _ = cmd.Process.Kill(); _, _ = cmd.Process.Wait() }
	err := cmd.Start()
	w.mu.Unlock()
	if err != nil {
		w.t.Fatal(err)
	}
	err = cmd.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = 0
	if w.seen >= n {
		return true
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return false
}

// wantCarriedOn looks at what a killed rotation has left, and carries on.
func (w *killingWorld) wantCarriedOn(i importer, when string) {
	w.t.Helper()
	w.wantSession(i, when)
	said := i.mustRun("", i.self, "rotate", "--yes", "--grace", "0", "me")
	keys := w.alice.AccessKeys()
	if _, is := keys[w.alice.AccessKeyID]; is || len(keys) != 1 {
		w.t.Errorf("%s: IAM has %v: %s", when, keys, said)
	}
	w.wantSession(i, when+", and carried on")
}

// wantSession wants the profile to have a key that works. An index that was cut off is mended by the first who sees it.
func (w *killingWorld) wantSession(i importer, when string) {
	w.t.Helper()
	for range 2 {
		out, err := i.command(i.self, "aws", "me").CombinedOutput()
		if err == nil {
			return
		}
		if !strings.Contains(string(out), "and is mended") {
			w.t.Fatalf("%s: %v: %s", when, err, out)
		}
	}
	w.t.Errorf("%s: the index was not mended", when)
}
