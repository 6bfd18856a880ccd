//go:build linux

package tpm_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"credmint/keychain"
	"credmint/keychain/keychaintest"
	"credmint/keychain/tpm"
)

// machine is a TPM; the same one for the same state.
func machine(t *testing.T, state string) string {
	t.Helper()
	if _, err := exec.LookPath(keychaintest.TPMProgram); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: install Debian's %s", keychaintest.TPMProgram, keychaintest.TPMPackage)
		}
		t.Skipf("%s is missing: install Debian's %s", keychaintest.TPMProgram, keychaintest.TPMPackage)
	}
	socket, stop, err := keychaintest.StartTPM(state)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return socket
}

// What a TPM sealed it opens, however often, and after the machine was off; another TPM does not, and neither does this one
// when a bit of it is another.
func TestTPM(t *testing.T) {
	t.Parallel()
	state, dir := t.TempDir(), filepath.Join(t.TempDir(), "tpm")
	socket := machine(t, state)
	for i := range 8 { // it has room for three keys at once
		if err := tpm.Open(dir, socket).Set(t.Context(), "aws/me", "cm1:secret"); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		wantValue(t, dir, socket)
	}
	master := filepath.Join(dir, "master")
	sealed, err := os.ReadFile(master)
	if err != nil {
		t.Fatal(err)
	}
	again := machine(t, copyOf(t, state))
	wantValue(t, dir, again)
	wantCorrupt(t, "another TPM", dir, machine(t, t.TempDir()))

	for at := 0; at < len(sealed); at += 7 {
		bad := bytes.Clone(sealed)
		bad[at] ^= 1
		rewrite(t, master, bad)
		wantCorrupt(t, "a bit is another", dir, again)
	}
	for _, n := range []int{0, 3, 5, 40, len(sealed) - 1} {
		rewrite(t, master, sealed[:n])
		wantCorrupt(t, "it is cut", dir, again)
	}
	rewrite(t, master, sealed)
	wantValue(t, dir, again)
}

func wantValue(t *testing.T, dir, socket string) {
	t.Helper()
	if got, err := tpm.Open(dir, socket).Get(t.Context(), "aws/me"); err != nil || got != "cm1:secret" {
		t.Errorf("Get = %q, %v", got, err)
	}
}

func wantCorrupt(t *testing.T, when, dir, socket string) {
	t.Helper()
	if got, err := tpm.Open(dir, socket).Get(t.Context(), "aws/me"); !errors.Is(err, keychain.ErrCorrupt) || errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("%s: Get = %q, %v", when, got, err)
	}
}

func rewrite(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func copyOf(t *testing.T, state string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(state)); err != nil {
		t.Fatal(err)
	}
	return to
}

// A machine without a TPM has none, and makes nothing; one that says nothing is given up.
func TestAway(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tpm")
	file := filepath.Join(t.TempDir(), "file")
	rewrite(t, file, nil)
	for _, path := range []string{"/nonexistent", file, "/dev/null"} {
		if err := tpm.Open(dir, path).Set(t.Context(), "aws/me", "x"); !errors.Is(err, keychain.ErrUnavailable) {
			t.Errorf("%s: Set = %v", path, err)
		}
	}
	silent := filepath.Join(shortDir(t), "tpm")
	l, err := net.Listen("unix", silent)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := tpm.Open(dir, silent).Set(ctx, "aws/me", "x"); !errors.Is(err, keychain.ErrTimeout) {
		t.Errorf("a TPM that says nothing: Set = %v", err)
	}
	if left, err := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cm")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
