//go:build linux

package kernelkeyring_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"credmint/keychain/kernelkeyring"
	"credmint/keychain/keychaintest"
)

// TestMain lets this test binary be another process of the user's.
func TestMain(m *testing.M) {
	name := os.Getenv("KERNELKEYRING_TEST_GET")
	if name == "" {
		os.Exit(m.Run())
	}
	value, err := kernelkeyring.Get(name)
	if err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
	os.Stdout.Write(value)
}

func newName(t *testing.T) string {
	t.Helper()
	keychaintest.NeedKernelKeyring(t)
	name := "credmint test " + rand.Text()
	t.Cleanup(func() { _ = kernelkeyring.Remove(name) })
	return name
}

func TestRoundTrip(t *testing.T) {
	name := newName(t)
	if value, err := kernelkeyring.Get(name); !errors.Is(err, kernelkeyring.ErrNone) {
		t.Errorf("before: %q, %v", value, err)
	}
	for _, value := range [][]byte{{0}, []byte("one\n"), bytes.Repeat([]byte{0xff}, kernelkeyring.MaxValue)} {
		if err := kernelkeyring.Put(name, value, time.Minute); err != nil {
			t.Fatal(err)
		}
		if got, err := kernelkeyring.Get(name); err != nil || !bytes.Equal(got, value) {
			t.Errorf("Get = %q, %v, want %q", got, err, value)
		}
	}
	if err := kernelkeyring.Put(name, make([]byte, kernelkeyring.MaxValue+1), time.Minute); err == nil {
		t.Error("a larger one is taken")
	}
	if err := kernelkeyring.Put(name, []byte("x"), 0); err == nil {
		t.Error("one for ever is taken")
	}
	if err := kernelkeyring.Remove(name); err != nil {
		t.Error(err)
	}
	if value, err := kernelkeyring.Get(name); !errors.Is(err, kernelkeyring.ErrNone) {
		t.Errorf("after: %q, %v", value, err)
	}
	if err := kernelkeyring.Remove(name); !errors.Is(err, kernelkeyring.ErrNone) {
		t.Errorf("Remove of nothing: %v", err)
	}
}

// A process reads a secret, whatever its session keyring is: one that contains the user's, as a desktop's does, or none of
// it, as under systemd.
func TestOtherSessions(t *testing.T) {
	name := newName(t)
	runtime.LockOSThread() // the children are this thread's, and it is not used again
	inherit := func() {
		t.Helper()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "KERNELKEYRING_TEST_GET="+name)
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != "secret" {
			t.Errorf("another process: %q, %v", out, err)
		}
	}
	for _, linked := range []bool{false, true} {
		newSession(t)
		if linked {
			if _, err := unix.KeyctlInt(unix.KEYCTL_LINK, unix.KEY_SPEC_USER_KEYRING, unix.KEY_SPEC_SESSION_KEYRING, 0, 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := kernelkeyring.Put(name, []byte("secret"), time.Minute); err != nil {
			t.Fatalf("linked %t: %v", linked, err)
		}
		inherit()
		newSession(t)
		inherit() // one that has another session's keyring than the one that put it there
		if err := kernelkeyring.Remove(name); err != nil {
			t.Errorf("linked %t: %v", linked, err)
		}
	}
}

// newSession gives this thread, and the processes that it starts, a session keyring that contains nothing.
func newSession(t *testing.T) {
	t.Helper()
	if _, err := unix.KeyctlInt(unix.KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
}

// The kernel drops a secret when its time is up, and nobody can make that later.
func TestItEnds(t *testing.T) {
	name := newName(t)
	if err := kernelkeyring.Put(name, []byte("secret"), time.Minute); err != nil {
		t.Fatal(err)
	}
	id, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, "user", name, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.KeyctlInt(unix.KEYCTL_SET_TIMEOUT, id, 3600, 0, 0); err == nil {
		t.Error("its time was made longer")
	}
	if err := kernelkeyring.Put(name, []byte("secret"), time.Second); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		switch _, err := kernelkeyring.Get(name); {
		case errors.Is(err, kernelkeyring.ErrNone):
			return
		case err != nil || time.Now().After(deadline):
			t.Fatalf("it does not end: %v", err)
		}
	}
}

// Other users can do nothing with it: not even see that it is there.
func TestPermissions(t *testing.T) {
	name := newName(t)
	if err := kernelkeyring.Put(name, []byte("secret"), time.Minute); err != nil {
		t.Fatal(err)
	}
	keys, err := os.ReadFile("/proc/keys")
	if err != nil {
		t.Skip("the kernel shows no keys: ", err)
	}
	for line := range strings.Lines(string(keys)) {
		if strings.Contains(line, name) {
			if !regexp.MustCompile(` 0b0b0000 `).MatchString(line) {
				t.Errorf("its permissions: %s", line)
			}
			return
		}
	}
	t.Errorf("it is not among the user's keys:\n%s", keys)
}

// A container's filter says EPERM or that there is no such call; both are said as what they are.
func TestBarred(t *testing.T) {
	name := newName(t)
	keychaintest.NeedProgram(t, "strace", "strace")
	for _, errno := range []string{"EPERM", "ENOSYS"} {
		cmd := exec.Command("strace", "-qq", "-o", os.DevNull, "-e", "inject=keyctl,add_key:error="+errno, os.Args[0])
		cmd.Env = append(os.Environ(), "KERNELKEYRING_TEST_GET="+name)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.HasPrefix(string(out), kernelkeyring.ErrUnavailable.Error()) {
			t.Errorf("%s: %q, %v", errno, out, err)
		}
	}
}
