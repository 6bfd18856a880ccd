//go:build linux

package prompt_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// screen starts an X server of its own and returns its DISPLAY. Without -noreset it would begin anew when its last client
// leaves, and turn away whoever comes just then.
func screen(t *testing.T) string {
	t.Helper()
	for _, need := range [][2]string{{"Xvfb", "xvfb"}, {"xdotool", "xdotool"}, {"zenity", "zenity"}} {
		if _, err := exec.LookPath(need[0]); err != nil {
			missing(t, need[0], need[1])
		}
	}
	server := exec.Command("Xvfb", "-displayfd", "3", "-noreset", "-nolisten", "tcp", "-screen", "0", "800x600x24")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	server.ExtraFiles = []*os.File{w}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return ":" + strings.TrimSpace(number)
}

// A real window, and a person with a keyboard.
func TestZenity(t *testing.T) {
	display := "DISPLAY=" + screen(t)
	tests := map[string]struct{ keys, want string }{
		"answer":      {"type 123456\nkey Return", `answer "123456" <nil>`},
		"nothing":     {"key Return", "declined"},
		"Escape":      {"key Escape", "declined"},
		"the word no": {"type no\nkey Return", `answer "no" <nil>`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(environment(), display, "CREDMINT_PROMPT=zenity", "NO_AT_BRIDGE=1")
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			typeKeys(t, display, tt.keys)
			said, err := io.ReadAll(out)
			if err != nil || string(said) != tt.want+"\n" {
				t.Errorf("it said %q, %v; want %q", said, err, tt.want)
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// typeKeys waits for the window and types into it. A mapped window may still be without focus, and is given it.
func typeKeys(t *testing.T, display, keys string) {
	t.Helper()
	run := func(args ...string) (string, error) {
		cmd := exec.Command("xdotool", args...)
		cmd.Env = append(environment(), display)
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err
	}
	window := ""
	for deadline := time.Now().Add(50 * time.Second); window == ""; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("there is no window")
		}
		window, _ = run("search", "--onlyvisible", "--name", "^credmint$")
	}
	if _, err := run("windowfocus", "--sync", window); err != nil {
		t.Fatal(err)
	}
	for key := range strings.Lines(keys) {
		if _, err := run(strings.Fields(key)...); err != nil {
			t.Fatal(err)
		}
	}
}
