//go:build linux

package prompt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"credmint/helper/prompt"
)

// TestMain lets this test binary be the process that asks: a question needs a controlling terminal of its own.
func TestMain(m *testing.M) {
	if os.Getenv("PROMPT_TEST_ASK") == "" {
		os.Exit(m.Run())
	}
	ctx, cancel := limited()
	defer cancel()
	if os.Getenv("PROMPT_TEST_PICK") != "" {
		pickOne(ctx)
	}
	question := prompt.Question{Text: "Code \x1b[31m", Echo: os.Getenv("PROMPT_TEST_ECHO") != ""}
	start := time.Now()
	answer, err := prompt.Chosen{Getenv: os.Getenv}.Ask(ctx, question)
	took := time.Since(start)
	var interrupted *prompt.Interrupted
	switch {
	case errors.As(err, &interrupted):
		fmt.Printf("interrupted %v\n", interrupted.Signal)
	case errors.Is(err, prompt.ErrNobody) && took > 10*time.Second && os.Getenv("CREDMINT_PROMPT") == "" && os.Getenv("DISPLAY") == "":
		fmt.Println("nobody, and that took", took)
	case errors.Is(err, prompt.ErrNobody):
		fmt.Println("nobody:", err)
	case errors.Is(err, prompt.ErrDeclined):
		fmt.Println("declined")
	default:
		fmt.Printf("answer %q %v\n", answer, err)
	}
}

// limited is until the question is too slow: a minute, PROMPT_TEST_LIMIT, or SIGUSR1 for a test that has to see something before.
func limited() (context.Context, func()) {
	slow := errors.New("too slow")
	limit, err := time.ParseDuration(os.Getenv("PROMPT_TEST_LIMIT"))
	if err != nil {
		limit = time.Minute
	}
	ctx, end := context.WithCancelCause(context.Background())
	late := make(chan os.Signal, 1)
	signal.Notify(late, syscall.SIGUSR1)
	go func() { <-late; end(slow) }()
	return context.WithTimeoutCause(ctx, limit, slow)
}

// asking is a process that asks on a terminal whose other end the test holds; its stdout is a pipe.
type asking struct {
	screen *os.File
	cmd    *exec.Cmd
	stdout *bufio.Reader
}

func ask(t *testing.T, env ...string) *asking {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(environment(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	cmd.ExtraFiles = []*os.File{tty}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		tty.Close()
		master.Close()
	})
	return &asking{screen: pollable(t, master), cmd: cmd, stdout: bufio.NewReader(out)}
}

// pollable is the same file, and keeps the deadlines of those who read it.
func pollable(t *testing.T, f *os.File) *os.File {
	t.Helper()
	fd, err := unix.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	f = os.NewFile(uintptr(fd), f.Name())
	t.Cleanup(func() { f.Close() })
	return f
}

// environment is that of the process that asks: no display, and no other way to ask than a test names.
func environment() []string {
	env := []string{"PROMPT_TEST_ASK=1", "TERM=xterm", "GORACE=atexit_sleep_ms=0"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GOCOVERDIR"} {
		if value := os.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// see waits until the terminal shows want.
func (a *asking) see(t *testing.T, want string) {
	t.Helper()
	var seen strings.Builder
	buf := make([]byte, 256)
	_ = a.screen.SetReadDeadline(time.Now().Add(30 * time.Second))
	for !strings.Contains(seen.String(), want) {
		n, err := a.screen.Read(buf)
		if err != nil {
			t.Fatalf("the terminal shows %q, want %q: %v", seen.String(), want, err)
		}
		seen.Write(buf[:n])
	}
}

func (a *asking) echoes(t *testing.T) bool {
	t.Helper()
	conn, err := a.screen.SyscallConn() // Fd would end the deadlines of see
	if err != nil {
		t.Fatal(err)
	}
	var state *unix.Termios
	if controlErr := conn.Control(func(fd uintptr) { state, err = unix.IoctlGetTermios(int(fd), unix.TCGETS) }); controlErr != nil || err != nil {
		t.Fatal(controlErr, err)
	}
	return state.Lflag&unix.ECHO != 0
}

func (a *asking) says(t *testing.T, want string) {
	t.Helper()
	line, err := a.stdout.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) || line != want+"\n" {
		t.Errorf("it said %q, %v; want %q", line, err, want)
	}
	if !a.echoes(t) {
		t.Error("the terminal does not echo any more")
	}
}

func TestAnswer(t *testing.T) {
	a := ask(t)
	a.see(t, `Code \u001b[31m: `)
	if a.echoes(t) {
		t.Error("what is typed would be shown")
	}
	_, _ = io.WriteString(a.screen, "123456\n")
	a.says(t, `answer "123456" <nil>`)
}

func TestNoAnswer(t *testing.T) {
	a := ask(t)
	a.see(t, "Code")
	_, _ = io.WriteString(a.screen, "\n")
	a.says(t, "declined")
}

func TestDeadline(t *testing.T) {
	a := ask(t, "PROMPT_TEST_LIMIT=2s")
	a.says(t, `answer "" too slow`)
}

func TestSignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		t.Run(s.String(), func(t *testing.T) {
			a := ask(t)
			a.see(t, "Code")
			if err := a.cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			a.says(t, "interrupted "+s.String())
		})
	}
}

func TestControlC(t *testing.T) {
	a := ask(t)
	a.see(t, "Code")
	_, _ = io.WriteString(a.screen, "12\x03")
	a.says(t, "interrupted interrupt")
}

// Stopped and continued, it gives the terminal back in between and asks again.
func TestSuspend(t *testing.T) {
	a := ask(t)
	a.see(t, "Code")
	_, _ = io.WriteString(a.screen, "\x1a")
	waitStopped(t, a.cmd.Process.Pid)
	if !a.echoes(t) {
		t.Error("stopped, it leaves the terminal without echo")
	}
	if err := a.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	a.see(t, "Code")
	_, _ = io.WriteString(a.screen, "654321\n")
	a.says(t, `answer "654321" <nil>`)
}

func waitStopped(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err == nil && strings.Contains(string(stat), ") T ") {
			return
		}
	}
	t.Fatal("it did not stop")
}

// alone runs a process that asks and has no terminal, and returns what it said.
func alone(t *testing.T, env ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(environment(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

func TestNobody(t *testing.T) {
	if got := alone(t); !strings.HasPrefix(got, "nobody: there is no terminal to ask on: ") {
		t.Errorf("it said %q", got)
	}
}
