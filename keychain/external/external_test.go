//go:build linux

package external_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/keychain"
	"credmint/keychain/external"
	"credmint/keychain/keychaintest"
)

// TestMain lets this test binary be docker-credential-test.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "docker-credential-test" {
		os.Exit(dockerHelper())
	}
	os.Exit(m.Run())
}

func nobody() bool   { return false }
func somebody() bool { return true }

// need skips a test where a program is missing, and fails it where CI is "true".
func need(t *testing.T, name, debian string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: install Debian's %s", name, debian)
	}
	t.Skipf("%s is missing: install Debian's %s", name, debian)
}

// passwordStore is a password store of its own, whose key has a passphrase unless that is empty.
func passwordStore(t *testing.T, passphrase string) {
	t.Helper()
	need(t, "pass", "pass")
	need(t, "gpg", "gnupg")
	home := shortDir(t) // gpg's agent listens there
	t.Setenv("HOME", home)
	t.Setenv("GNUPGHOME", home)
	t.Setenv("PASSWORD_STORE_DIR", filepath.Join(home, "store"))
	run(t, "gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", passphrase,
		"--quick-generate-key", "test@example.com", "future-default", "default", "never")
	t.Cleanup(func() { _ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run() })
	run(t, "pass", "init", "test@example.com")
}

// shortDir is a directory in which a socket has a path that is not too long.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cm")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
	return string(out)
}

func TestPass(t *testing.T) {
	passwordStore(t, "")
	keychaintest.Exercise(t, external.Pass(os.Getenv, nobody), keychaintest.Names...)
}

// A password store whose key needs a passphrase that nobody can be asked for is locked; where somebody is asked and does not
// say it, declined. It is never empty, and takes new secrets.
func TestPassLocked(t *testing.T) {
	passwordStore(t, "secret")
	if err := external.Pass(os.Getenv, nobody).Set(t.Context(), "aws/me", "cm1:x"); err != nil {
		t.Fatal(err)
	}
	endAgent(t)
	_, err := external.Pass(os.Getenv, nobody).Get(t.Context(), "aws/me")
	want(t, "nobody there", err, keychain.ErrLocked, "run `pass show credmint/cache-key` in a terminal")
	for name, answer := range map[string]string{"cancels": "ERR 83886179 Operation cancelled <Pinentry>", "errs": "D wrong\nOK"} {
		person(t, answer)
		_, err = external.Pass(os.Getenv, somebody).Get(t.Context(), "aws/me")
		want(t, "a person "+name, err, keychain.ErrDeclined, "gpg --list-secret-keys")
	}
	person(t, "D secret\nOK")
	if got, err := external.Pass(os.Getenv, somebody).Get(t.Context(), "aws/me"); err != nil || got != "cm1:x" {
		t.Errorf("a person answers: %q, %v", got, err)
	}
}

// person is who answers gpg's agent from now on.
func person(t *testing.T, answer string) {
	t.Helper()
	home := os.Getenv("GNUPGHOME")
	script := "#!/bin/sh\necho OK\nwhile read -r word rest; do case $word in GETPIN) cat <<'E'\n" + answer + "\nE\n;; BYE) exit;; *) echo OK;; esac; done\n"
	write(t, filepath.Join(home, "pinentry"), script, 0o700)
	write(t, filepath.Join(home, "gpg-agent.conf"), "pinentry-program "+filepath.Join(home, "pinentry")+"\n", 0o600)
	endAgent(t)
}

// endAgent ends gpg's agent, which says yes first: until its socket is gone, gpg would ask the one that ends.
func endAgent(t *testing.T) {
	t.Helper()
	socket := strings.TrimSpace(run(t, "gpgconf", "--list-dirs", "agent-socket"))
	run(t, "gpgconf", "--kill", "gpg-agent")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(socket); errors.Is(err, os.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is there still", socket)
		}
	}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// A store that was never begun is away, and not empty.
func TestPassAway(t *testing.T) {
	need(t, "pass", "pass")
	for _, dir := range []string{t.TempDir(), "relative"} {
		t.Setenv("PASSWORD_STORE_DIR", dir)
		s := external.Pass(os.Getenv, nobody)
		_, get := s.Get(t.Context(), "aws/me")
		for _, err := range []error{get, s.Set(t.Context(), "aws/me", "x"), s.Delete(t.Context(), "aws/me")} {
			want(t, dir, err, keychain.ErrUnavailable, "")
		}
	}
	t.Setenv("PATH", t.TempDir())
	_, err := external.Pass(os.Getenv, nobody).Get(t.Context(), "aws/me")
	want(t, "no pass", err, keychain.ErrUnavailable, "")
}

// want checks an error's kind, that it is no other, and what its hint says.
func want(t *testing.T, when string, err, kind error, hint string) {
	t.Helper()
	keychaintest.WantKind(t, when, err, kind)
	var hinter interface{ Hint() string }
	if hint != "" && (!errors.As(err, &hinter) || !strings.Contains(hinter.Hint(), hint)) {
		t.Errorf("%s: the hint does not say %q", when, hint)
	}
}

// A program in the working directory, or found by way of it, is nobody's keychain.
func TestRelativePath(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"pass", "docker-credential-evil"} {
		write(t, filepath.Join(dir, name), "#!/bin/sh\ntouch "+dir+"/ran\n", 0o700)
	}
	t.Chdir(dir)
	write(t, filepath.Join(dir, ".gpg-id"), "x\n", 0o600)
	t.Setenv("PASSWORD_STORE_DIR", dir)
	t.Setenv("PATH", ".:")
	for _, s := range []keychain.Store{external.Pass(os.Getenv, nobody), external.Docker("docker-credential-evil", nobody)} {
		want(t, "Set", s.Set(t.Context(), "aws/me", "x"), keychain.ErrUnavailable, "")
		_, err := s.Get(t.Context(), "aws/me")
		want(t, "Get", err, keychain.ErrUnavailable, "")
	}
	if got := external.DockerHelpers(); len(got) != 0 {
		t.Errorf("helpers: %v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
		t.Error("it was run")
	}
}

func TestDockerPass(t *testing.T) {
	need(t, "docker-credential-pass", "golang-docker-credential-helpers")
	passwordStore(t, "")
	s := external.Docker("docker-credential-pass", nobody)
	keychaintest.Exercise(t, s, "aws/me", "aws/me/x")
	if err := s.Set(t.Context(), "aws/me", "x"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GNUPGHOME", shortDir(t))
	_, err := s.Get(t.Context(), "aws/me")
	want(t, "gpg has no key", err, keychain.ErrLocked, "unlock the keychain behind docker-credential-pass")
}

func TestDockerSecretService(t *testing.T) {
	need(t, "docker-credential-secretservice", "golang-docker-credential-helpers")
	bus := keychaintest.Must(t, false)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	t.Setenv("DISPLAY", "")
	s := external.Docker("docker-credential-secretservice", nobody)
	keychaintest.Exercise(t, s, "aws/me", "aws/me/x")
	if err := s.Set(t.Context(), "aws/me", "x"); err != nil {
		t.Fatal(err)
	}
	bus.Close()
	_, err := s.Get(t.Context(), "aws/me")
	want(t, "no bus", err, keychain.ErrUnavailable, "")
}

func TestDockerNames(t *testing.T) {
	for _, name := range []string{"docker-credential-credmint", "docker-credential-", "docker-credential-a/b", "docker-credential-A", "pass", ""} {
		if external.Docker(name, nobody) != nil {
			t.Errorf("%q is a helper", name)
		}
	}
}

// A helper whose answers are told by the environment gets each text sorted, and sees no secret in its arguments.
func TestDockerAnswers(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "docker-credential-test")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	t.Setenv("HELPER_LOG", filepath.Join(dir, "log"))
	const url = "https://credmint.invalid/aws/me"
	for name, tt := range map[string]struct {
		answer string
		code   int
		kind   error
	}{
		"none, by its text":     {"credentials not found in native keychain", 1, keychain.ErrNotFound},
		"none, by nothing":      {`{"ServerURL":"` + url + `","Username":"","Secret":""}`, 0, keychain.ErrNotFound},
		"locked":                {"Cannot create an item in a locked collection", 1, keychain.ErrLocked},
		"macOS without screen":  {"User interaction is not allowed. (-25308)", 1, keychain.ErrLocked},
		"dismissed":             {"prompt dismissed", 1, keychain.ErrDeclined},
		"no bus":                {"Cannot autolaunch D-Bus without X11 $DISPLAY", 1, keychain.ErrUnavailable},
		"no words":              {"", 1, keychain.ErrUnavailable},
		"no JSON":               {"hello", 0, keychain.ErrCorrupt},
		"another's":             {`{"ServerURL":"` + url + `","Username":"alice","Secret":"x"}`, 0, keychain.ErrCorrupt},
		"another server's":      {`{"ServerURL":"https://example.com","Username":"credmint","Secret":"x"}`, 0, keychain.ErrCorrupt},
		"too much":              {"flood", 0, keychain.ErrUnavailable},
		"what it was asked for": {`{"ServerURL":"` + url + `","Username":"credmint","Secret":"cm1:x"}`, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HELPER_ANSWER", tt.answer)
			t.Setenv("HELPER_CODE", fmt.Sprint(tt.code))
			got, err := external.Docker("docker-credential-test", nobody).Get(t.Context(), "aws/me")
			if tt.kind == nil {
				if err != nil || got != "cm1:x" {
					t.Errorf("Get = %q, %v", got, err)
				}
				return
			}
			want(t, "Get", err, tt.kind, "")
		})
	}
	t.Run("a call that is given up", func(t *testing.T) {
		t.Setenv("HELPER_ANSWER", "hang")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := external.Docker("docker-credential-test", nobody).Get(ctx, "aws/me")
		if err == nil || errors.Is(err, keychain.ErrNotFound) {
			t.Errorf("Get = %v", err)
		}
	})
	t.Setenv("HELPER_ANSWER", "")
	t.Setenv("HELPER_CODE", "0")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "canary-of-aws")
	if err := external.Docker("docker-credential-test", nobody).Set(t.Context(), "aws/me", "cm1:canary"); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil || !strings.Contains(string(log), "[store]") || strings.Contains(string(log), "canary") {
		t.Errorf("what others could see: %s, %v", log, err)
	}
}

// dockerHelper notes what others can see of it, and answers what it is told to.
func dockerHelper() int {
	log, err := os.OpenFile(os.Getenv("HELPER_LOG"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 9
	}
	fmt.Fprintln(log, os.Args[1:], os.Environ())
	switch answer := os.Getenv("HELPER_ANSWER"); answer {
	case "flood":
		for range 200 {
			fmt.Println(strings.Repeat("x", 1<<16))
		}
	case "hang":
		select {}
	default:
		fmt.Println(answer)
	}
	code := 0
	fmt.Sscan(os.Getenv("HELPER_CODE"), &code)
	return code
}

// What systemd-creds encrypted to this machine opens here; what is damaged, or another's credential, does not.
func TestSystemd(t *testing.T) {
	need(t, "systemd-creds", "systemd")
	if os.Geteuid() != 0 {
		t.Skip("it is root's here: run the test as root")
	}
	dir := filepath.Join(t.TempDir(), "creds")
	keychaintest.Exercise(t, external.Systemd(dir, true), keychaintest.Names...)
	if err := external.Systemd(dir, true).Set(t.Context(), "aws/me", "cm1:secret"); err != nil {
		t.Fatal(err)
	}
	if got, err := external.Systemd(dir, true).Get(t.Context(), "aws/me"); err != nil || got != "cm1:secret" {
		t.Errorf("Get = %q, %v", got, err)
	}
	master := filepath.Join(dir, "master")
	sealed, err := os.ReadFile(master)
	if err != nil {
		t.Fatal(err)
	}
	encrypt := exec.Command("systemd-creds", "encrypt", "--name=other", "-", "-")
	encrypt.Stdin = strings.NewReader(strings.Repeat("k", 32))
	other, err := encrypt.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"another's": string(other), "cut": string(sealed[:40]), "empty": "", "text": "hello", "changed": changed(string(sealed)),
	} {
		write(t, master, text, 0o600)
		_, err := external.Systemd(dir, true).Get(t.Context(), "aws/me")
		want(t, name, err, keychain.ErrCorrupt, "")
	}
}

// changed is a text whose last byte of value is another.
func changed(text string) string {
	at := len(text) - 10
	swap := byte('A')
	if text[at] == swap {
		swap = 'B'
	}
	return text[:at] + string(swap) + text[at+1:]
}

// systemd serves users from version 256 on: an older one is not asked, and a newer one is told whom it serves.
func TestSystemdForUsers(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	t.Setenv("HELPER_LOG", filepath.Join(dir, "log"))
	for version, kind := range map[string]error{"252 (252.39-1~deb12u1)": keychain.ErrUnavailable, "what": keychain.ErrUnavailable, "257 (257.9-1~deb13u1)": nil, "256~rc3": nil} {
		write(t, filepath.Join(dir, "systemd-creds"), "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'systemd "+version+"'; exit; fi\n"+
			"[ \"$*\" = \"$1 --name=credmint --user - -\" ] && exec /bin/cat\necho 'Bad arguments' >&2; exit 1\n", 0o700)
		store := filepath.Join(t.TempDir(), "creds")
		err := external.Systemd(store, false).Set(t.Context(), "aws/me", "cm1:x")
		if kind != nil {
			want(t, version, err, kind, "")
			continue
		}
		if err != nil {
			t.Errorf("%s: Set = %v", version, err)
		}
		if got, err := external.Systemd(store, false).Get(t.Context(), "aws/me"); err != nil || got != "cm1:x" {
			t.Errorf("%s: Get = %q, %v", version, got, err)
		}
	}
}
