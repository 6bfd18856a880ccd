//go:build linux

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// releaseDir is a directory as a release's address would serve it, with a binary that prints its name.
type releaseDir struct{ dir, key, archive string }

func newRelease(t *testing.T) releaseDir {
	t.Helper()
	needProgram(t, "ssh-keygen", "openssh-client")
	r := releaseDir{dir: t.TempDir(), key: filepath.Join(t.TempDir(), "key")}
	r.archive = fmt.Sprintf("credmint-%s-%s.tar.gz", runtime.GOOS, runtime.GOARCH)
	mustRun(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "release", "-f", r.key)
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	files := tar.NewWriter(zipped)
	script := "#!/bin/sh\necho credmint from an archive\n"
	if err := files.WriteHeader(&tar.Header{Name: "credmint", Mode: 0o755, Size: int64(len(script))}); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{writeString(files, script), files.Close(), zipped.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.write(t, r.archive, packed.String())
	r.sign(t, fmt.Sprintf("%x  %s\n", sha256.Sum256(packed.Bytes()), r.archive))
	return r
}

func writeString(w interface{ Write([]byte) (int, error) }, s string) error {
	_, err := w.Write([]byte(s))
	return err
}

func (r releaseDir) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r releaseDir) sign(t *testing.T, sums string) {
	t.Helper()
	r.write(t, "SHA256SUMS", sums)
	_ = os.Remove(filepath.Join(r.dir, "SHA256SUMS.sig"))
	mustRun(t, "ssh-keygen", "-q", "-Y", "sign", "-n", "credmint-release", "-f", r.key, filepath.Join(r.dir, "SHA256SUMS"))
}

func mustRun(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
}

// needProgram skips a test where a program is missing, and fails it where everything must be there.
func needProgram(t *testing.T, name, debian string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		missing(t, "%s is missing: install Debian's %s", name, debian)
	}
}

// needTracer is needProgram for strace, which sees what credmint's system calls are given as root alone: credmint shuts its
// memory to its user's other programs.
func needTracer(t *testing.T) {
	t.Helper()
	needProgram(t, "strace", "strace")
	if os.Geteuid() != 0 {
		missing(t, "only root can look on while credmint runs: run this test as root")
	}
}

func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

func installer(t *testing.T, script string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("sh", append([]string{script}, args...)...)
	caches, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output() // which are below the real home
	if err != nil {
		t.Fatal(err)
	}
	dirs := strings.Split(string(caches), "\n")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "GOCACHE="+dirs[0], "GOMODCACHE="+dirs[1])
	out, err := cmd.CombinedOutput()
	return string(out), err
}

const installScript = "../../install.sh"

func TestInstallRelease(t *testing.T) {
	r, prefix := newRelease(t), filepath.Join(t.TempDir(), "with space")
	out, err := installer(t, installScript, "--from", r.dir, "--key", r.key+".pub", "--prefix", prefix)
	if err != nil || !strings.Contains(out, "credmint from an archive") || !strings.Contains(out, `export PATH="`+prefix) {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"credmint", "git-credential-credmint", "git-remote-codecommit", "docker-credential-credmint"} {
		if _, err := os.Stat(filepath.Join(prefix, "bin", name)); err != nil {
			t.Error(err)
		}
	}
	if out, err := installer(t, installScript, "--uninstall", "--prefix", prefix); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	err = filepath.WalkDir(prefix, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			t.Errorf("left behind: %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestInstallRefuses(t *testing.T) {
	tests := map[string]struct {
		spoil func(*testing.T, releaseDir)
		want  string
	}{
		"corrupted archive": {func(t *testing.T, r releaseDir) { r.write(t, r.archive, "\x1f\x8bnonsense") }, "another checksum"},
		"missing sum":       {func(t *testing.T, r releaseDir) { r.sign(t, "00  other.tar.gz\n") }, "does not name"},
		"name in another":   {func(t *testing.T, r releaseDir) { r.sign(t, "00  not-"+r.archive+"\n") }, "does not name"},
		"unsigned sums":     {func(t *testing.T, r releaseDir) { r.write(t, "SHA256SUMS", "00  "+r.archive+"\n") }, "signature"},
		"no signature":      {func(t *testing.T, r releaseDir) { os.Remove(filepath.Join(r.dir, "SHA256SUMS.sig")) }, "SHA256SUMS.sig"},
		"another's key": {func(t *testing.T, r releaseDir) {
			os.Remove(r.key + ".pub")
			mustRun(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", r.key+"2")
			mustRun(t, "mv", r.key+"2.pub", r.key+".pub")
		}, "signature"},
		"no archive": {func(t *testing.T, r releaseDir) { os.Remove(filepath.Join(r.dir, r.archive)) }, "cannot read"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, prefix := newRelease(t), t.TempDir()
			tt.spoil(t, r)
			out, err := installer(t, installScript, "--from", r.dir, "--key", r.key+".pub", "--prefix", prefix)
			if err == nil || !strings.Contains(out, tt.want) {
				t.Errorf("%v: %s; want a refusal with %q", err, out, tt.want)
			}
			if placed, _ := filepath.Glob(filepath.Join(prefix, "*")); len(placed) != 0 {
				t.Errorf("it placed %q", placed)
			}
		})
	}
}

func TestInstallNeedsAKey(t *testing.T) {
	out, err := installer(t, installScript, "--from", t.TempDir())
	if err == nil || !strings.Contains(out, "--key") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestInstallRefusesClearText(t *testing.T) {
	needProgram(t, "ssh-keygen", "openssh-client")
	key := filepath.Join(t.TempDir(), "key.pub")
	if err := os.WriteFile(key, []byte("ssh-ed25519 AAAA"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := installer(t, installScript, "--from", "http://127.0.0.1:1/", "--key", key)
	if err == nil || !strings.Contains(out, "only https") {
		t.Errorf("%v: %s", err, out)
	}
}

// A download that was cut off does nothing, wherever it was cut.
func TestTruncatedInstaller(t *testing.T) {
	whole, err := os.ReadFile(installScript)
	if err != nil {
		t.Fatal(err)
	}
	prefix := t.TempDir()
	for n := 0; n < len(whole)-len("main \"$@\"\n"); n += len(whole) / 40 {
		script := filepath.Join(t.TempDir(), "install.sh")
		if err := os.WriteFile(script, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = installer(t, script, "--uninstall", "--prefix", prefix)
		if placed, _ := filepath.Glob(filepath.Join(prefix, "*")); len(placed) != 0 {
			t.Fatalf("cut at byte %d it placed %q", n, placed)
		}
	}
}

func TestInstallCheckout(t *testing.T) {
	prefix := t.TempDir()
	out, err := installer(t, installScript, "--prefix", prefix)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	version, err := exec.Command(filepath.Join(prefix, "bin", "credmint"), "version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(version), "credmint ") {
		t.Errorf("%v: %s", err, version)
	}
	for _, file := range []string{
		"man/man1/credmint.1", "man/man1/credmint-list.1", "bash-completion/completions/credmint",
		"zsh/site-functions/_credmint", "fish/vendor_completions.d/credmint.fish",
	} {
		if info, err := os.Stat(filepath.Join(prefix, "share", file)); err != nil || info.Size() == 0 {
			t.Errorf("share/%s: %v", file, err)
		}
	}
	// Another program of the same name is not replaced.
	link := filepath.Join(prefix, "bin", "git-remote-codecommit")
	_ = os.Remove(link)
	if err := os.WriteFile(link, []byte("python"), 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := installer(t, installScript, "--prefix", prefix); err == nil || !strings.Contains(out, "another program's") {
		t.Errorf("%v: %s", err, out)
	}
}
