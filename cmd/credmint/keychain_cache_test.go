//go:build linux

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"credmint/helper/filelock"
	"credmint/keychain"
	"credmint/keychain/keychaintest"
)

// kernel is what the kernel is lent of this machine's, by way of a store of our own.
func (d *desktop) kernel(store keychain.Store) *keychain.Keychain {
	d.t.Helper()
	k, err := keychain.Open(keychain.Options{Dir: filepath.Join(d.dataHome(), "credmint"), OS: store, NewLock: filelock.New})
	if err != nil {
		d.t.Fatal(err)
	}
	return k
}

func (d *desktop) dataHome() string {
	for _, v := range slices.Backward(d.env) { // the last one counts
		if dir, ok := strings.CutPrefix(v, "XDG_DATA_HOME="); ok {
			return dir
		}
	}
	d.t.Fatal("XDG_DATA_HOME is not set")
	return ""
}

// looked has the program answer, and returns what it printed, how many conversations it had, and how many files it opened.
func (d *desktop) looked() (out string, sockets, files int) {
	d.t.Helper()
	trace := filepath.Join(d.t.TempDir(), "trace")
	out = d.mustRun(d.command("strace", "-f", "-e", "trace=socket,openat", "-o", trace, d.self, "aws", "reader"))
	data, err := os.ReadFile(trace)
	if err != nil {
		d.t.Fatal(err)
	}
	count := func(pattern string) int { return len(regexp.MustCompile(pattern).FindAll(data, -1)) }
	return out, count(`socket\(`), count(`openat\(`)
}

// With the key of the sessions lent to the kernel a hit asks nobody, not even a keychain that is locked, and reads no file
// more; until a person ends that.
func TestKernelKeyring(t *testing.T) {
	d := newDesktop(t)
	keychaintest.NeedKernelKeyring(t)
	needTracer(t)
	t.Cleanup(func() { _ = d.kernel(memory{}).TakeBack("cache-key") })
	want := d.mustRun(d.command(d.self, "aws", "reader"))
	_, sockets, before := d.looked()
	if sockets != 1 {
		t.Errorf("%d conversations, want 1", sockets)
	}

	hit := func(what string, conversations int) {
		t.Helper()
		if got, sockets, files := d.looked(); got != want || sockets != conversations || files > before && sockets == 0 {
			t.Errorf("%s: %q; %d conversations, want %d; %d files, without it %d", what, got, sockets, conversations, files, before)
		}
	}
	for _, wrong := range []string{"2h", "0s", "-1m", "on", "10"} {
		var exit *exec.ExitError
		if err := d.command(d.self, "keychain", "cache", "--", wrong).Run(); !errors.As(err, &exit) || exit.ExitCode() != exitUsage {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	d.mustRun(d.command(d.self, "keychain", "cache", "10m"))
	hit("the first", 1)
	hit("the second", 0)

	// Another key than the session's: one that was replaced since, or planted.
	other := memory{}
	k := d.kernel(other)
	if err := k.Set(t.Context(), "cache-key", bytes.Repeat([]byte{1}, 32), nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := k.Borrow(t.Context(), "cache-key", nil); err != nil {
		t.Fatal(err)
	}
	hit("another key", 1)
	hit("which is mended", 0)
	key, lent, err := k.Borrow(t.Context(), "cache-key", func([]byte) bool { return true })
	if err != nil || !lent || len(key) != 32 || key[0] == 1 && key[1] == 1 {
		t.Fatalf("a key of %d bytes, %t, %v", len(key), lent, err)
	}
	d.inNoFile(d.home, key)
	d.inNoFile(d.dataHome(), key)

	for _, errno := range []string{"EPERM", "ENOSYS"} { // as in a container
		barred := []string{"-e", "inject=keyctl,add_key:error=" + errno}
		cmd := d.command("strace", append(append(barred, "-f", "-qq", "-o", os.DevNull), d.self, "aws", "reader")...)
		var words bytes.Buffer
		cmd.Stderr = &words
		if out, err := cmd.Output(); err != nil || string(out) != want || words.Len() > 0 {
			t.Errorf("%s: %q, %v, said %q", errno, out, err, words.Bytes())
		}
		cmd = d.command("strace", append(append(barred, "-f", "-qq", "-o", os.DevNull), d.self, "keychain", "cache", "5m")...)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "there is no kernel keyring here") {
			t.Errorf("%s: %q, %v", errno, out, err)
		}
	}

	for _, args := range [][]string{{"forget", "other"}, {"logout", "--all"}, {"remove", "--yes", "me"}, {"keychain", "cache", "9m"}} {
		hit("before "+args[0], 0)
		if out, err := d.command(d.self, args...).CombinedOutput(); err != nil {
			t.Errorf("%q: %v: %s", args, err, out)
		}
		hit("after "+args[0], 1)
	}

	out, err := d.command(d.self, "doctor").CombinedOutput()
	if !strings.Contains(string(out), "lent the key of the sessions for 9m0s after the keychain was asked, and has it now") {
		t.Errorf("doctor does not say so: %s (%v)", out, err)
	}
	if err := d.bus.LockKeyring(); err != nil {
		t.Fatal(err)
	}
	hit("a locked keychain", 0)
	d.mustRun(d.command(d.self, "keychain", "cache", "off"))
	var exit *exec.ExitError
	if out, err := d.command(d.self, "aws", "reader").Output(); !errors.As(err, &exit) || exit.ExitCode() != exitPerson || len(out) > 0 {
		t.Errorf("after it was ended: %q, %v", out, err)
	}
}

// inNoFile looks for a key below a directory, as it is and as text.
func (d *desktop) inNoFile(dir string, key []byte) {
	d.t.Helper()
	forms := [][]byte{key, []byte(hex.EncodeToString(key)), []byte(base64.RawStdEncoding.EncodeToString(key))}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, form := range forms {
			if bytes.Contains(data, form) {
				d.t.Errorf("%s holds the key", path)
			}
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
}
