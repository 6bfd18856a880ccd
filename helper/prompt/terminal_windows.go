package prompt

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"

	"golang.org/x/sys/windows"
	"golang.org/x/term"
)

// terminal is the console of the process, whatever its standard handles are.
type terminal struct{ in, out *os.File }

// openTerminal opens the console, unless it has no window: so do programs that have windows start those that have none
// (CREATE_NO_WINDOW), and nobody sees what is asked there. The console of a terminal program, or of sshd, has a hidden one.
func openTerminal() (*terminal, error) {
	if window, _, _ := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetConsoleWindow").Call(); window == 0 {
		return nil, errors.New("this process has no console, or one without a window")
	}
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	out, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		in.Close()
		return nil, err
	}
	return &terminal{in, out}, nil
}

func (t *terminal) close() {
	t.in.Close()
	t.out.Close()
}

// Write shows text; the console needs no carriage return before a line feed.
func (t *terminal) Write(p []byte) (int, error) { return t.out.Write(p) }

// Read reads what is typed.
func (t *terminal) Read(p []byte) (int, error) { return t.in.Read(p) }

// screen is the handle whose size is the screen's.
func (t *terminal) screen() int { return int(t.out.Fd()) }

// raw gives every key to whoever reads, and has sequences move the cursor, until the console is restored.
func (t *terminal) raw() (restore func(), err error) {
	out := windows.Handle(t.out.Fd())
	mode, err := takeSequences(out)
	if err != nil {
		return nil, err
	}
	before, err := term.MakeRaw(int(t.in.Fd()))
	if err != nil {
		_ = windows.SetConsoleMode(out, mode)
		return nil, err
	}
	return func() {
		_ = term.Restore(int(t.in.Fd()), before)
		_ = windows.SetConsoleMode(out, mode)
	}, nil
}

// takeSequences has what is written to a console move its cursor and change its colours, and returns its last mode.
func takeSequences(console windows.Handle) (before uint32, err error) {
	if err := windows.GetConsoleMode(console, &before); err != nil {
		return 0, err
	}
	return before, windows.SetConsoleMode(console, before|windows.ENABLE_PROCESSED_OUTPUT|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
}

// Coloured reports whether a console takes the sequences that change colours, and has it do so: not before Windows 10.
func Coloured(console *os.File) bool {
	_, err := takeSequences(windows.Handle(console.Fd()))
	return err == nil
}

// notifyResized is for systems that tell of it: the next key draws the list anew.
func notifyResized(chan<- os.Signal) (stop func()) { return func() {} }

// terminalPath is empty: another program finds the console by itself.
const terminalPath = ""

// keepTerminal reports whether there is a console to ask on.
func keepTerminal() (found bool, restore func()) {
	t, err := openTerminal()
	if err != nil {
		return false, func() {}
	}
	t.close()
	return true, func() {}
}

func (t *terminal) ask(ctx context.Context, text string, echo bool) (string, error) {
	handle := windows.Handle(t.in.Fd())
	var before uint32
	if err := windows.GetConsoleMode(handle, &before); err != nil {
		return "", err
	}
	quiet := before | windows.ENABLE_LINE_INPUT | windows.ENABLE_PROCESSED_INPUT
	if !echo {
		quiet &^= windows.ENABLE_ECHO_INPUT
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	defer signal.Stop(signals)
	if err := windows.SetConsoleMode(handle, quiet); err != nil {
		return "", err
	}
	defer func() { _ = windows.SetConsoleMode(handle, before) }()
	_, _ = io.WriteString(t.out, text)

	lines := make(chan string, 1)
	failed := make(chan error, 1)
	go func() {
		buf := make([]byte, 4096)
		n, err := t.in.Read(buf)
		if err != nil {
			failed <- err
			return
		}
		lines <- string(buf[:n])
	}()
	defer func() { _, _ = io.WriteString(t.out, "\r\n") }()
	select {
	case line := <-lines:
		return line, nil
	case err := <-failed:
		return "", err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case s := <-signals:
		return "", &Interrupted{Signal: s}
	}
}
