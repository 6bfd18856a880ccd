//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// countInterrupts counts until credmint has passed USR1 on, and so has dealt with the ^C that came before. It ends at one more
// line: the kernel drops what a terminal has not shown yet when the session that has it ends.
const countInterrupts = `n=0
trap 'n=$((n+1))' INT
trap 'echo "interrupts: $n"; read line; exit 5' USR1
echo ready
while ! read line; do :; done
kill -USR1 $PPID
while :; do read line; done`

// A terminal sends ^C to all of its group: to credmint, which does not pass it on, and to the program it runs, unless that
// has left the group.
func TestInterruptOnce(t *testing.T) {
	d := newDesktop(t)
	for start, want := range map[string]string{"": "interrupts: 1\r\n", "setsid": "interrupts: 0\r\n"} {
		cmd := d.command(d.self, "exec", "--env", "plain", "--",
			"sh", "-c", "exec "+start+` sh -c "$0" </dev/tty >/dev/tty 2>&1`, countInterrupts)
		screen, out := d.onTerminal(cmd)
		d.answer(screen, "ready", "\x03")
		d.answer(screen, want, "")
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 5 || out.Len() > 0 {
			t.Errorf("%s: exit code %d, and stderr %q", start, code, out)
		}
	}
}

// Secrets are not shown on a terminal by accident.
func TestEnvOnATerminal(t *testing.T) {
	d := newDesktop(t)
	for args, want := range map[string]int{"": 2, "--force": 0} {
		cmd := d.command("sh", "-c", `"$0" env $1 --format sh plain >/dev/tty; code=$?; echo "that was all" >/dev/tty; read line </dev/tty; exit $code`, d.self, args)
		screen, out := d.onTerminal(cmd)
		shown := d.answer(screen, "that was all", "") // see countInterrupts
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != want || strings.Contains(shown, "AWS_SECRET") != (want == 0) {
			t.Errorf("%q: exit code %d, the terminal shows %d bytes, and stderr %q", args, code, len(shown), out)
		}
	}
	d.noSecretIn(d.home)
}

// A shell's prompt says whose it is, after the person's own files have set it.
func TestPrompts(t *testing.T) {
	d := newDesktop(t)
	d.write(".bashrc", "PS1='mine> '\nexport AWS_PROFILE=other AWS_ACCESS_KEY_ID=AKIAOTHER\n")
	d.write(".zshenv", "ZDOTDIR=$HOME/zsh\n")
	if err := os.Mkdir(filepath.Join(d.home, "zsh"), 0o700); err != nil {
		t.Fatal(err)
	}
	d.write("zsh/.zshrc", "PROMPT='mine> '\nexport AWS_PROFILE=other AWS_ACCESS_KEY_ID=AKIAOTHER\n[ $ZDOTDIR = $HOME/zsh ] || PROMPT='elsewhere '\n")
	for _, shell := range []string{"bash", "zsh"} {
		t.Run(shell, func(t *testing.T) {
			needProgram(t, shell, shell)
			d := *d
			d.t = t
			cmd := d.command("sh", "-c", `exec "$0" exec --env plain </dev/tty >/dev/tty 2>&1`, d.self)
			cmd.Env = append(d.env[:len(d.env):len(d.env)], "SHELL="+shell, "TERM=dumb")
			screen, _ := d.onTerminal(cmd)
			d.answer(screen, "(plain) mine> ", "[ -z \"$AWS_PROFILE\" ] && [ $AWS_ACCESS_KEY_ID != AKIAOTHER ] && exit 9; exit 1")
			rest(screen)
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 9 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// fish has its prompt in a function. On a terminal it would first look through all manuals.
func TestPromptOfFish(t *testing.T) {
	t.Parallel()
	needProgram(t, "fish", "fish")
	a := &app{getenv: func(string) string { return "fish" }}
	argv, vars, err := a.shell("me", []variable{{profileVariable, "me $(no)"}, {"AWS_CONFIG_FILE", "mine's"}, {"AWS_SESSION_TOKEN", "canary"}}, &scratch{})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(argv[0], append([]string{"-C", "function fish_prompt; printf 'mine> '; end; set -gx AWS_PROFILE other; set -gx AWS_CONFIG_FILE other"}, append(argv[1:], "-c", "fish_prompt; echo $AWS_PROFILE $AWS_CONFIG_FILE")...)...)
	cmd.Env = append(childEnvironment(os.Environ(), vars), "HOME="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "(me $(no)) mine> mine's\n" || strings.Contains(fmt.Sprint(argv), "canary") {
		t.Errorf("%v: %q", err, out)
	}
}
