package keychaintest

import (
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"testing"

	"credmint/keychain/kernelkeyring"
)

// NeedKernelKeyring skips a test where the kernel has no keyring for this process, and fails it where CI is "true".
func NeedKernelKeyring(t testing.TB) {
	t.Helper()
	if _, err := kernelkeyring.Get("credmint test " + rand.Text()); !errors.Is(err, kernelkeyring.ErrNone) {
		missing(t, "run it where keyctl(2) is allowed: %v", err)
	}
}

// NeedProgram does so for a program that a Debian package has.
func NeedProgram(t testing.TB, program, debian string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		missing(t, "%s is missing: install Debian's package %s", program, debian)
	}
}

func missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
