//go:build linux

package signin_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"credmint/helper/signin"
)

const address = "https://login.example/authorize?client_id=x&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcb&state=a'b;$(id)!*"

// TestMain lets this test binary be a process of ours with a person before it.
func TestMain(m *testing.M) {
	if os.Getenv("SIGNIN_TEST_VISIT") == "" {
		os.Exit(m.Run())
	}
	browser := signin.Browser{Getenv: os.Getenv}
	if os.Getenv("SIGNIN_TEST_STAYS") == "" {
		browser = browser.Patient()
	}
	person := signin.Person{Out: os.Stderr, Open: browser.Open}
	person.Visit(context.Background(), signin.Page{Why: "sign in", URL: os.Getenv("SIGNIN_TEST_VISIT")})
}

// visit runs a process that visits an address, in dir, and returns its stderr. Nothing may be on its stdout.
func visit(t *testing.T, dir, address string, env ...string) string {
	t.Helper()
	var out, errs strings.Builder
	cmd := exec.Command(os.Args[0])
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	cmd.Stdin = strings.NewReader("the protocol's input\n")
	cmd.Env = append(os.Environ(), "SIGNIN_TEST_VISIT="+address, "AWS_SECRET_ACCESS_KEY=canary", "CREDMINT_PASSPHRASE=canary", "GORACE=atexit_sleep_ms=0")
	cmd.Env = append(cmd.Env, env...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	if out.Len() > 0 {
		t.Errorf("stdout has %q", out.String())
	}
	if !strings.Contains(errs.String(), address) {
		t.Errorf("the address is not shown: %q", errs.String())
	}
	return errs.String()
}

// stub writes a browser that notes how it was called in the file seen beside it.
func stub(t *testing.T, dir, name, more string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	script := fmt.Sprintf("#!/bin/sh\necho noise; echo noise >&2\n{ printf '%%s|' \"$@\"; pwd; cat; env | grep canary; [ ! -e /proc/$$/stat ] || [ $$ = \"$(cut -d' ' -f6 /proc/$$/stat)\" ] || echo not detached; } >'%s/seen'\n%s\n", dir, more)
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func seen(t *testing.T, dir string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "seen"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// The browser gets the address as one argument, and nothing else of ours.
func TestBrowser(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "with space")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	stub(t, dir, "browser", "exit 0")
	stub(t, dir, "broken", "exit 3")
	inPath := "PATH=" + dir + ":" + os.Getenv("PATH")
	for name, tt := range map[string]struct{ browser, want string }{
		"path":           {dir + "/browser", address},
		"name":           {"browser", address},
		"options":        {"browser --new-window", "--new-window|" + address},
		"place":          {"browser --url=%s -x", "--url=" + address + "|-x"},
		"second of list": {"missing-browser:browser", address},
		"after a broken": {"broken:browser", address},
	} {
		t.Run(name, func(t *testing.T) {
			_ = os.Remove(filepath.Join(dir, "seen"))
			errs := visit(t, t.TempDir(), address, inPath, "BROWSER="+tt.browser)
			if got := seen(t, dir); len(got) != 1 || got[0] != tt.want+"|/" {
				t.Errorf("the browser sees %q, want %q", got, tt.want+"|/")
			}
			if strings.Contains(errs, "noise") || strings.Contains(errs, "warning") || strings.Count(errs, "\n") != 2 {
				t.Errorf("stderr has %q", errs)
			}
		})
	}
}

func TestBrowserFails(t *testing.T) {
	dir := t.TempDir()
	stub(t, dir, "broken", "exit 3")
	for browser, want := range map[string]string{
		dir + "/broken":                      "broken: exit status 3",
		dir + "/missing":                     "there is no such program",
		"missing-browser":                    "missing-browser is not on PATH",
		"missing-browser:" + dir + "/broken": "missing-browser is not on PATH; " + dir + "/broken: exit status 3\n",
		"./broken":                           "neither a name nor an absolute path",
	} {
		if errs := visit(t, dir, address, "BROWSER="+browser); !strings.Contains(errs, "credmint: warning: no browser was opened: ") || !strings.Contains(errs, want) {
			t.Errorf("BROWSER=%q: stderr has %q, want %q", browser, errs, want)
		}
	}
}

// What lies in the working directory is somebody else's: a repository's.
func TestBrowserOfWorkingDirectory(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"xdg-open", "x-www-browser", "wslview", "rundll32.exe", "browser"} {
		stub(t, dir, name, "exit 0")
	}
	for _, path := range []string{"PATH=.", "PATH=", "PATH=:/nowhere"} {
		for _, browser := range []string{"BROWSER=", "BROWSER=browser", "BROWSER=./browser", "BROWSER=browser %s"} {
			visit(t, dir, address, path, browser, "WSL_INTEROP=/run/x")
			if got := seen(t, dir); got != nil {
				t.Fatalf("%s %s runs what is in the working directory: %q", path, browser, got)
			}
		}
	}
}

func TestBrowserOfSystem(t *testing.T) {
	dir := t.TempDir()
	stub(t, dir, "xdg-open", "exit 0")
	for _, browser := range []string{"", " : "} {
		_ = os.Remove(filepath.Join(dir, "seen"))
		visit(t, t.TempDir(), address, "PATH="+dir+":"+os.Getenv("PATH"), "BROWSER="+browser, "WSL_INTEROP=")
		if got := seen(t, dir); len(got) == 0 || got[0] != address+"|/" {
			t.Errorf("BROWSER=%q: xdg-open sees %q", browser, got)
		}
	}
}

// A browser in the foreground is left running.
func TestBrowserStays(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "pid")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	pids, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pids.Close()
	path := stub(t, dir, "browser", "echo $$ >"+fifo+"; exec sleep 60")
	if errs := visit(t, dir, address, "BROWSER="+path, "SIGNIN_TEST_STAYS=1"); strings.Contains(errs, "warning") {
		t.Errorf("stderr has %q", errs)
	}
	_ = pids.SetReadDeadline(time.Now().Add(20 * time.Second))
	pid, err := bufio.NewReader(pids).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("kill", strings.TrimSpace(pid)).Run(); err != nil {
		t.Errorf("the browser has ended: %v", err)
	}
}

func TestBrowserRefuses(t *testing.T) {
	dir := t.TempDir()
	browser := signin.Browser{Getenv: func(string) string { return stub(t, dir, "browser", "exit 0") }}
	for _, address := range []string{
		"", "file:///etc/passwd", "javascript:alert(1)", "-h", "--version", "https:", "https://", "https:///x", "http:example.com",
		"https://a b", "https://a/\x00", "https://a/\n", "https://a/\x1b[31m", "https://a/é", "https://a/\u202e", "https://a/`id`",
		"https://a/\"x", "https://me:pw@a/", "ssh://a/", "https://a/%zz", " https://a/",
	} {
		if err := browser.Open(t.Context(), address); err == nil {
			t.Errorf("Open(%q) = nil", address)
		}
	}
	if got := seen(t, dir); got != nil {
		t.Errorf("the browser sees %q", got)
	}
}
