// Package winetest gives tests on Linux a Windows to run programs on: Wine, with a user and a registry of their own. Wine is
// not Windows. What it shows is that the program's code for Windows runs, and does with files, locks, the console and the
// Credential Manager what Windows documents; it says nothing about who else may read what.
package winetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Package is the Debian package to install.
const Package = "wine64"

// user is whose Windows it is.
const user = "alice"

// Windows is a Wine prefix.
type Windows struct {
	dir    string // the prefix
	wine   string // programs
	server string
}

// Must makes a Windows for a test and ends it with it. It skips the test where there is no Wine, and fails it instead where CI
// is "true".
func Must(t testing.TB) *Windows {
	t.Helper()
	wine, server, err := find()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	w := &Windows{dir: filepath.Join(t.TempDir(), "wine"), wine: wine, server: server}
	t.Cleanup(w.end)
	if err := w.make(); err != nil {
		t.Fatal(err)
	}
	return w
}

// find returns Wine for 64 bits and its server. Debian has them beside PATH, where another Wine may be of 32 bits.
func find() (wine, server string, err error) {
	for _, names := range [][2]string{
		{"/usr/lib/wine/wine64", "/usr/lib/wine/wineserver64"},
		{"wine64", "wineserver"},
		{"wine", "wineserver"},
	} {
		wine, err1 := exec.LookPath(names[0])
		server, err2 := exec.LookPath(names[1])
		if err1 == nil && err2 == nil {
			return wine, server, nil
		}
	}
	return "", "", errors.New("there is no Wine here: install Debian's " + Package)
}

func (w *Windows) make() error {
	if err := w.Command("wineboot", "--init").Run(); err != nil {
		return fmt.Errorf("make a Wine prefix: %w", err)
	}
	if err := w.ask("-w"); err != nil { // it goes on for a moment by itself
		return err
	}
	// A server that stays until it is told to end. Each program would start it anew otherwise, and Windows's services with it.
	// These keep the streams of the program that started them, so that is one whose streams nobody reads to their end.
	if err := w.ask("-p"); err != nil {
		return err
	}
	if err := w.Command("cmd", "/c", "exit").Run(); err != nil {
		return fmt.Errorf("start Windows's services: %w", err)
	}
	system := filepath.Join(w.dir, "drive_c", "windows", "system32", "bcryptprimitives.dll")
	if _, err := os.Stat(system); err == nil { // Wine 9 has it
		return nil
	}
	return os.WriteFile(system, forwarder("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036"), 0o600)
}

// ask has the prefix's server do something. Its output is not read: a server that stays would keep that open.
func (w *Windows) ask(what string) error {
	cmd := exec.Command(w.server, what)
	cmd.Env = append(os.Environ(), w.Env()...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", w.server, what, err)
	}
	return nil
}

// end ends all programs, and waits until the registry is written. Where there is no server any more it does nothing.
func (w *Windows) end() {
	_ = w.ask("-k")
	_ = w.ask("-w")
}

// Env is what tells Wine where it is, and its server (in Debian's Wine, TMPDIR), who the user is, how this system's paths are
// written, and to keep quiet. Nothing is
// shown: there is no display.
func (w *Windows) Env() []string {
	return []string{"WINEPREFIX=" + w.dir, "TMPDIR=" + filepath.Dir(w.dir), "USER=" + user, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml=", "DISPLAY=", "WAYLAND_DISPLAY=", "LC_ALL=C.UTF-8"}
}

// Command runs a Windows program, whose file has a path of this system.
func (w *Windows) Command(exe string, args ...string) *exec.Cmd {
	cmd := exec.Command(w.wine, append([]string{exe}, args...)...)
	cmd.Env = append(os.Environ(), w.Env()...)
	return cmd
}

// Home is the folder of the Windows user, %USERPROFILE%, as this system names it.
func (w *Windows) Home() string { return filepath.Join(w.dir, "drive_c", "users", user) }

// Wrap makes path a program of this system that runs exe, a Windows program, as a shell in WSL runs one: with its arguments,
// its streams and its exit code. The folder that exe is in is on its PATH.
func (w *Windows) Wrap(path, exe string) error {
	text := "#!/bin/sh\nexport"
	for _, variable := range append(w.Env(), "WINEPATH="+ToWindows(filepath.Dir(exe))) {
		text += " '" + variable + "'"
	}
	text += "\nexec '" + w.wine + "' '" + exe + "' \"$@\"\n"
	return os.WriteFile(path, []byte(text), 0o700)
}

// ToWindows is how Windows programs name an absolute path of this system.
func ToWindows(path string) string { return `Z:` + strings.ReplaceAll(path, "/", `\`) }

// Registry is the user's part of the registry, after all programs have ended.
func (w *Windows) Registry() (string, error) {
	w.end()
	text, err := os.ReadFile(filepath.Join(w.dir, "user.reg"))
	return string(text), err
}
