//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"credmint/helper/gitcred"
	"credmint/keychain/keychaintest"
)

// TestKilledImport kills an import at every system call that syncs, renames or removes: each login is then in
// the file still, or in the keychain already, or in both. The next run finishes the work.
func TestKilledImport(t *testing.T) {
	t.Parallel()
	needTracer(t)
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	prepared := t.TempDir()
	i := importer{t: t, self: self, home: prepared}
	if err := keychaintest.OpenCheaply(filepath.Join(prepared, ".local", "share", "credmint"), "correct horse"); err != nil {
		t.Fatal(err)
	}
	i.mustRun("protocol=https\nhost=other.example.com\nusername=x\npassword=y\n", self, "git", "store") // makes the keychain
	i.mustRun("", "git", "init", "--quiet", "--template=", "demo")
	const alice, bob = "https://alice:hunter2@git.example.com", "https://bob:swordfish@git.example.com"
	for _, file := range []openFile{
		{".git-credentials", ".git-credentials.lock", alice + "\n# kept\n" + bob + "\n", "# kept\n", []string{"git-credentials"}, []string{alice, bob}},
		{
			"demo/.git/config", "demo/.git/config.lock",
			"[remote \"origin\"]\n\turl = " + alice + "/demo.git\n# kept\n\tpushurl = " + bob + "/demo.git\n",
			"[remote \"origin\"]\n\turl = https://alice@git.example.com/demo.git\n# kept\n\tpushurl = https://bob@git.example.com/demo.git\n",
			[]string{"--repository", "demo"},
			[]string{alice, bob},
		},
	} {
		t.Run(file.name, func(t *testing.T) {
			t.Parallel()
			i := i
			i.t = t
			file.killed(i, prepared)
		})
	}
}

// openFile is a file with passwords in the open, and what is to become of it.
type openFile struct {
	name, lock    string
	before, after string
	args          []string // of the import
	logins        []string // as URLs, in the form in which they stand in the file
}

func (f openFile) killed(i importer, prepared string) {
	if err := os.WriteFile(filepath.Join(prepared, f.name), []byte(f.before), 0o600); err != nil {
		i.t.Fatal(err)
	}
	command := append([]string{"import", "--yes"}, f.args...)
	for _, call := range []string{"fsync", "?rename,?renameat,?renameat2", "?unlink,?unlinkat"} {
		kills := 0
		for ; ; kills++ {
			i.home = copyHome(i.t, prepared)
			done := i.traced(call, kills+1, command...)
			f.wantNothingLost(i, fmt.Sprintf("killed at %s %d", call, kills+1))
			if done {
				break
			}
			if kills == 100 {
				i.t.Fatalf("at %s it never comes to its end", call)
			}
			_ = os.Remove(filepath.Join(i.home, f.lock)) // as the error says
			if strings.Contains(call, "rename") {
				i.mustRun("", i.self, command...)
				f.wantGone(i)
			}
		}
		f.wantGone(i)
		if kills == 0 {
			i.t.Errorf("it was never killed at %s", call)
		}
	}
}

func copyHome(t *testing.T, prepared string) string {
	t.Helper()
	home := t.TempDir()
	if err := os.CopyFS(home, os.DirFS(prepared)); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(filepath.Join(home, ".local"), private); err != nil {
		t.Fatal(err)
	}
	return home
}

// private gives a copied file the mode it had.
func private(path string, e os.DirEntry, err error) error {
	if err != nil || e.IsDir() {
		return err
	}
	return os.Chmod(path, 0o600)
}

type importer struct {
	t          *testing.T
	self, home string
	env        []string // more than every command gets
	stdin      string   // of what is traced
}

func (i importer) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append([]string{
		"HOME=" + i.home, "PATH=" + os.Getenv("PATH"), "CREDMINT_KEYCHAIN=file", "CREDMINT_PASSPHRASE=correct horse", "GIT_CONFIG_NOSYSTEM=1",
	}, i.env...)
	cmd.Dir = i.home
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}

func (i importer) mustRun(stdin, name string, args ...string) string {
	i.t.Helper()
	cmd := i.command(name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		i.t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// traced runs credmint under strace, which kills it at the nth call, and reports whether it came to its end before.
func (i importer) traced(call string, n int, args ...string) bool {
	i.t.Helper()
	cmd := i.command("strace", append([]string{
		"-f", "-qq", "-o", filepath.Join(i.t.TempDir(), "trace"), "-e", "trace=" + call,
		"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n), i.self,
	}, args...)...)
	cmd.Stdin = strings.NewReader(i.stdin)
	out, err := cmd.CombinedOutput()
	if bytes.Contains(out, []byte("strace:")) {
		i.t.Fatalf("strace does not work here: %s", out)
	}
	return err == nil
}

func (f openFile) wantNothingLost(i importer, when string) {
	i.t.Helper()
	text := textOf(i.t, i.home, f.name)
	for _, login := range f.logins {
		if strings.Contains(text, login) {
			continue
		}
		c, err := gitcred.ParseURL(login)
		if err != nil {
			i.t.Fatal(err)
		}
		request := fmt.Sprintf("protocol=https\nhost=%s\nusername=%s\n", c.Host.Text(), c.Username.Text())
		if got := i.mustRun(request, i.self, "git", "get"); !strings.Contains(got, "password="+c.Password.Text()+"\n") {
			i.t.Errorf("%s: %s is in neither place", when, c.Username.Text())
		}
	}
	if !strings.Contains(text, "# kept\n") {
		i.t.Errorf("%s: the file holds %q", when, text)
	}
}

func (f openFile) wantGone(i importer) {
	i.t.Helper()
	if text := textOf(i.t, i.home, f.name); text != f.after {
		i.t.Errorf("the file holds %q", text)
	}
	f.wantNothingLost(i, "in the end")
}
