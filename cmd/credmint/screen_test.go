//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// tmux is a real terminal with a shell in it, and a person before it who has credmint installed.
type tmux struct {
	t      *testing.T
	socket string
	home   string
	shown  string // when last looked at
}

// newTmux starts a shell on a screen of a size, in a home with these AWS settings.
func newTmux(t *testing.T, columns, rows int, config string, shell ...string) *tmux {
	t.Helper()
	needProgram(t, "tmux", "tmux")
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := writeAll(home, map[string]string{"config": config}); err != nil {
		t.Fatal(err)
	}
	if len(shell) == 0 {
		shell = []string{"sh"}
	}
	return startTmux(t, columns, rows, home, []string{
		"HOME=" + home, "AWS_CONFIG_FILE=" + filepath.Join(home, "config"), "PATH=" + filepath.Dir(self) + ":" + os.Getenv("PATH"),
		"LANG=C.UTF-8", "PS1=$ ", "CREDMINT_KEYCHAIN=file",
	}, shell...)
}

// startTmux starts a shell with this environment alone.
func startTmux(t *testing.T, columns, rows int, home string, env []string, shell ...string) *tmux {
	t.Helper()
	s := &tmux{t: t, home: home, socket: filepath.Join(t.TempDir(), "tmux")}
	s.run(slices.Concat([]string{
		"-f", os.DevNull, "new-session", "-d", "-c", home, "-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows), "env", "-i", "TERM=xterm-256color",
	}, env, shell)...)
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", s.socket, "kill-server").Run() })
	s.wait("a prompt", func() bool { return strings.TrimSpace(s.shown) != "" }) // what comes before it, a shell may lose
	return s
}

func (s *tmux) run(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %v: %v: %s", args, err, out)
	}
	return string(out)
}

// types sends keys: text, or one of tmux's names for keys, as Enter.
func (s *tmux) types(keys ...string) {
	s.t.Helper()
	s.run(append([]string{"send-keys"}, keys...)...)
}

// shows waits until the screen does.
func (s *tmux) shows(want string) {
	s.t.Helper()
	s.wait(want, func() bool { return strings.Contains(s.shown, want) })
}

func (s *tmux) wait(want string, here func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(40 * time.Millisecond) {
		if s.shown = s.run("capture-pane", "-p"); here() {
			return
		}
	}
	s.t.Fatalf("the screen shows\n%s\nwant %q", s.shown, want)
}

// manyProfiles is a config of so many profiles of different teams.
func manyProfiles(n int) string {
	var config strings.Builder
	config.WriteString("[default]\n")
	for i := range n {
		fmt.Fprintf(&config, "[profile team-%03d]\nrole_arn = arn:aws:iam::%012d:role/Admin\nsource_profile = me\n", i, i)
	}
	config.WriteString("[profile me]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n")
	return config.String()
}

// Who leaves a profile out picks one; who leaves the list is left alone; the terminal is as it was.
func TestPickAProfile(t *testing.T) {
	t.Parallel()
	s := newTmux(t, 80, 24, manyProfiles(300))
	s.types("credmint explain", "Enter")
	s.shows("302 of 302: type to narrow")
	s.types("team 42")
	s.shows("3 of 302")
	s.types("Down", "Enter")
	s.shows("$ credmint explain\nteam-142") // the list is wiped
	s.types("clear; credmint explain >out; echo code $?", "Enter")
	s.shows("302 of 302: type to narrow")
	s.types("Escape")
	s.shows("code 1\n$")
	if !strings.HasPrefix(s.shown, "code 1\n$\n\n") {
		t.Errorf("the screen shows\n%s", s.shown)
	}
	s.types("clear; stty -a | grep -o ' icanon .* echo '; AWS_PROFILE=me credmint explain | head -1", "Enter")
	s.shows(" icanon")
	s.shows("me     made in 1 step:")
	s.types("clear; : | credmint remove; echo code $?", "Enter") // a program asks
	s.shows(`error: expected "<profile>"`)
	s.shows("code 2")
}
