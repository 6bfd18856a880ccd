//go:build linux

package main

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// Doctor tries the real keychain, and says that it is locked where a desktop could be asked to unlock it: nobody typed
// anything for that.
func TestDoctorOnDesktop(t *testing.T) {
	d := newDesktop(t)
	d.env = append(d.env, "DISPLAY=:99", "GIT_CONFIG_NOSYSTEM=1")
	seen := d.mustRun(d.command(d.self, "doctor", "--strict"))
	if want := "✓ keychain     the system's keychain keeps what it is given"; !strings.Contains(seen, want) {
		t.Errorf("doctor says\n%swant %q", seen, want)
	}
	if err := d.bus.LockKeyring(); err != nil {
		t.Fatal(err)
	}
	out, err := d.command(d.self, "doctor").Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailed || strings.Count(string(out), "✗") != 1 ||
		!strings.Contains(string(out), "✗ keychain     the system's keychain: probe doctor-probe: the keychain is locked") {
		t.Errorf("with a locked keychain: %v; doctor says\n%s", err, out)
	}
	d.minted(0, 0)
}
