//go:build unix && !solaris && !aix

package prompt

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

type terminal struct{ *os.File }

// openTerminal opens the controlling terminal. A background job is stopped by the kernel when it touches its terminal,
// and would hang there, so it has none.
func openTerminal() (*terminal, error) {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	if err != nil || group != unix.Getpgrp() {
		f.Close()
		return nil, errors.New("this process runs in the background of its terminal")
	}
	return &terminal{f}, nil
}

func (t *terminal) close() { t.Close() }

// screen is the descriptor whose size is the screen's.
func (t *terminal) screen() int { return int(t.Fd()) }

// raw gives every key to whoever reads, until the terminal is restored.
func (t *terminal) raw() (restore func(), err error) {
	before, err := term.MakeRaw(int(t.Fd()))
	if err != nil {
		return nil, err
	}
	return func() { _ = term.Restore(int(t.Fd()), before) }, nil
}

// Coloured reports whether a terminal takes the sequences that change colours. All do.
func Coloured(*os.File) bool { return true }

// notifyResized tells a channel when the screen gets another size.
func notifyResized(resized chan<- os.Signal) (stop func()) {
	signal.Notify(resized, unix.SIGWINCH)
	return func() { signal.Stop(resized) }
}

// terminalPath is how another program finds the terminal.
const terminalPath = "/dev/tty"

// keepTerminal reports whether there is a terminal to ask on, and remembers how it is set for those who leave it to
// another program for a while.
func keepTerminal() (found bool, restore func()) {
	t, err := openTerminal()
	if err != nil {
		return false, func() {}
	}
	before, err := unix.IoctlGetTermios(int(t.Fd()), getTermios)
	return true, func() {
		if err == nil {
			_ = unix.IoctlSetTermios(int(t.Fd()), setTermios, before)
		}
		t.close()
	}
}

// ask reads a line in the terminal's own line mode, so that the person's erase keys work and ^C is a signal.
func (t *terminal) ask(ctx context.Context, text string, echo bool) (string, error) {
	before, err := unix.IoctlGetTermios(int(t.Fd()), getTermios)
	if err != nil {
		return "", err
	}
	quiet := *before
	quiet.Lflag |= unix.ICANON | unix.ISIG
	quiet.Iflag |= unix.ICRNL
	if !echo {
		quiet.Lflag &^= unix.ECHO
	}
	show := func() {
		_ = unix.IoctlSetTermios(int(t.Fd()), setTermios, &quiet)
		_, _ = io.WriteString(t, text)
	}
	restore := func() { _ = unix.IoctlSetTermios(int(t.Fd()), setTermios, before) }

	signals := make(chan os.Signal, 4)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGTSTP)
	defer signal.Stop(signals)
	show()
	defer restore()

	lines := make(chan string, 1)
	failed := make(chan error, 1)
	go t.readLine(lines, failed)
	for {
		select {
		case line := <-lines:
			t.newline(echo)
			return line, nil
		case err := <-failed:
			return "", err
		case <-ctx.Done():
			t.newline(false)
			return "", context.Cause(ctx)
		case s := <-signals:
			if s != unix.SIGTSTP {
				t.newline(false)
				return "", &Interrupted{Signal: s}
			}
			// Let the person have their shell with its echo, and ask again when they come back.
			restore()
			continued := make(chan os.Signal, 1)
			signal.Notify(continued, unix.SIGCONT)
			_ = unix.Kill(unix.Getpid(), unix.SIGSTOP) // reaches the process a moment later
			<-continued
			signal.Stop(continued)
			show()
		}
	}
}

// newline ends the question's line where the person's return key was not shown.
func (t *terminal) newline(echoed bool) {
	if !echoed {
		_, _ = io.WriteString(t, "\n")
	}
}

// readLine outlives a question that is given up; the process ends soon after.
func (t *terminal) readLine(lines chan<- string, failed chan<- error) {
	buf := make([]byte, 4096)
	n, err := t.Read(buf)
	if err != nil {
		failed <- err
		return
	}
	lines <- string(buf[:n])
	clear(buf)
}
