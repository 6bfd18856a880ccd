//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// In WSL doctor says how Windows's keychain is reached. It looks where WSL's kernel and its settings say so, which are put
// before the ones of this machine here.
func TestDoctorInWSL(t *testing.T) {
	const (
		version = "Linux version 5.15.153.1-microsoft-standard-WSL2 (root@941d701f84f1) #1 SMP\n"
		noBus   = "system's keychain: .*there is no session bus; WSL starts no Secret Service by itself\n.*→ credmint keychain use file .*credmint setup aws --windows"
	)
	for name, c := range map[string]struct {
		env, interop string
		windows      bool // there is a credmint.exe
		says         []string
	}{
		"a shell of WSL's": {env: "WSL_DISTRO_NAME=Debian", interop: "WSLInterop", windows: true, says: []string{
			"(?m)^· WSL +this is WSL: ~/bin/credmint.exe keeps secrets in Windows's keychain.*\n +→ credmint setup aws --windows", noBus,
		}},
		"started by systemd":          {interop: "WSLInterop-late", says: []string{"· WSL .*credmint.exe is not on PATH\n +→ install credmint on Windows", noBus}},
		"interop is off":              {env: "WSL_DISTRO_NAME=Debian", windows: true, says: []string{"· WSL .*do not run in it.*\n.*\\[interop\\] in /etc/wsl.conf", noBus}},
		"a container on WSL's kernel": {windows: true},
		"any other Linux":             {},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWired(t)
			w.write("version", version)
			script := "mount -t tmpfs none /proc/sys/fs; mkdir /proc/sys/fs/binfmt_misc; mount --bind " + filepath.Join(w.home, "version") + " /proc/version"
			if name == "any other Linux" {
				script = ":"
			}
			if c.interop != "" {
				script += fmt.Sprintf("; printf 'enabled\\ninterpreter /init\\n' >/proc/sys/fs/binfmt_misc/%s", c.interop)
			}
			if c.windows {
				bin := filepath.Join(w.home, "bin")
				if err := errors.Join(os.Mkdir(bin, 0o700), writeProgram(filepath.Join(bin, "credmint.exe"), []byte("#!/bin/sh\n"))); err != nil {
					t.Fatal(err)
				}
			}
			w.env = append(w.env, c.env, "CREDMINT_KEYCHAIN=os", "PATH="+filepath.Join(w.home, "bin")+":"+os.Getenv("PATH"))
			out := w.run(append(w.inNamespace("-Urm", script), w.self, "doctor", "--no-network")...).stdout
			for _, text := range c.says {
				if !regexp.MustCompile(text).MatchString(out) {
					t.Errorf("it lacks %q:\n%s", text, out)
				}
			}
			if len(c.says) == 0 && strings.Contains(out, "WSL") || !strings.Contains(out, "keychain") {
				t.Errorf("it says\n%s", out)
			}
		})
	}
}
