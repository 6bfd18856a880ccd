//go:build linux

package program_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"credmint/helper/program"
)

// TestMain lets this test binary be a process with a controlling terminal: it runs what PROGRAM_TEST_RUN says.
func TestMain(m *testing.M) {
	text := os.Getenv("PROGRAM_TEST_RUN")
	if text == "" {
		os.Exit(m.Run())
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := program.Output(ctx, program.Command(ctx, "/bin/sh", "-c", text), 64)
	fmt.Printf("%q %v\n", out, err)
}

// onTerminal runs text in a process that leads a session on a terminal, and returns that process's stdout and the
// terminal's other end.
func onTerminal(t *testing.T, text string, args ...string) (*bufio.Reader, *os.File) {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	args = append(args, os.Args[0])
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "PROGRAM_TEST_RUN="+text)
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
	return bufio.NewReader(out), master
}

// Somebody who is at the terminal can be asked there.
func TestProgramsMayAskOnTheTerminal(t *testing.T) {
	said, screen := onTerminal(t, "read answer </dev/tty && echo heard $answer")
	if _, err := io.WriteString(screen, "yes\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := said.ReadString('\n'); line != `"heard yes\n" <nil>`+"\n" {
		t.Errorf("got %q, %v", line, err)
	}
}

// In the background of a terminal the kernel would stop who reads from it, for ever: there it is no terminal.
func TestProgramsInTheBackgroundHaveNoTerminal(t *testing.T) {
	said, _ := onTerminal(t, "read answer </dev/tty || echo none", "/bin/sh", "-c", `set -m; "$0" & wait`)
	line, err := said.ReadString('\n')
	if !strings.HasPrefix(line, `"none\n" `) {
		t.Errorf("got %q, %v", line, err)
	}
}

// What a program started ends with it. A FIFO tells: it ends when nobody has it open any more.
func TestDeadlineEndsChildrenToo(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f, err := os.Open(fifo) // waits for the child to open it
		cancel()
		if err == nil {
			_, _ = io.Copy(io.Discard, f)
			f.Close()
		}
	}()
	if _, err := run(t, ctx, "sleep 300 >"+fifo+" & wait"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Error("a child lives on")
	}
}

// A signal that ends this process ends the program and its children first, programs run by programs included: each of them
// leads a session of its own.
func TestSignalEndsChildrenToo(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	inner := "PROGRAM_TEST_RUN='sleep 300 >" + fifo + "' " + os.Args[0]
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PROGRAM_TEST_RUN="+inner+" & wait")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(fifo) // waits for the innermost to open it
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, f)
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Error("a child lives on")
	}
}
