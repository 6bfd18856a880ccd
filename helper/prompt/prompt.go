// Package prompt asks a person, on the person's own terminal or in a window: stdin, stdout and stderr belong to whoever
// called us. It answers or fails within the caller's deadline, leaves the terminal as it found it whatever happens, and
// shows nothing that could drive a terminal.
package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unicode"

	"credmint/helper/program"
)

// ErrNobody says that nobody can be asked here and now: there is no terminal, or none that is ours to use (a background
// job's), and no display. It is known at once. The error that wraps it says why.
var ErrNobody = errors.New("nobody can be asked")

// ErrDeclined says that the person answered with nothing.
var ErrDeclined = errors.New("no answer was given")

// Interrupted is the error of a question that a signal ended. The terminal is restored by then.
type Interrupted = program.Interrupted

// Question is one line to show, and how to take the answer.
type Question struct {
	Text string // without a colon at its end
	Echo bool   // show what is typed
}

// Asker puts a question to a person. The answer has no line end and is never empty. Errors are ErrNobody, ErrDeclined,
// *Interrupted, or the context's.
type Asker interface {
	Ask(ctx context.Context, q Question) (string, error)
}

// Terminal asks on the terminal that controls the process: /dev/tty, or the console on Windows.
type Terminal struct{}

var _ Asker = Terminal{}

// Ask shows the question and reads one line of at most 4,096 bytes.
func (Terminal) Ask(ctx context.Context, q Question) (string, error) {
	tty, err := openTerminal()
	if err != nil {
		return "", nobody{fmt.Errorf("there is no terminal to ask on: %w", err)}
	}
	defer tty.close()
	answer, err := tty.ask(ctx, Printable(q.Text)+": ", q.Echo)
	if err != nil {
		return "", err
	}
	return answerOf(answer)
}

// Here reports whether there is a terminal that is ours to use.
func (Terminal) Here() bool {
	tty, err := openTerminal()
	if err != nil {
		return false
	}
	tty.close()
	return true
}

// Tell shows a line, and asks nothing. It is an ErrNobody where there is no terminal to show it on.
func (Terminal) Tell(line string) error {
	tty, err := openTerminal()
	if err != nil {
		return nobody{fmt.Errorf("there is no terminal: %w", err)}
	}
	defer tty.close()
	_, err = io.WriteString(tty, Printable(line)+"\n")
	return err
}

// HasTerminal reports whether somebody is at the terminal that controls this process: there is one, and the process runs
// in its foreground.
func HasTerminal() bool {
	tty, err := openTerminal()
	if err != nil {
		return false
	}
	tty.close()
	return true
}

// answerOf is what a person meant by what was typed.
func answerOf(typed string) (string, error) {
	answer := strings.TrimSpace(typed)
	if answer == "" {
		return "", ErrDeclined
	}
	return answer, nil
}

// nobody is the ErrNobody of a way to ask that is closed here and now, in that way's own words.
type nobody struct{ error }

func (n nobody) Is(target error) bool { return target == ErrNobody }
func (n nobody) Unwrap() error        { return n.error }

// untilSignal lets a signal end the question, and the program that asks it. Its cause is then an *Interrupted.
func untilSignal(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	go func() {
		select {
		case s := <-signals:
			cancel(&Interrupted{Signal: s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

// Printable replaces what could move a cursor, recolour or reorder a terminal's text (control and format characters,
// and bytes that are no UTF-8) by visible escapes. Line feeds are kept.
func Printable(s string) string {
	clean := func(r rune) bool {
		return r == '\n' || r != unicode.ReplacementChar && !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) &&
			r != '\u2028' && r != '\u2029'
	}
	if strings.IndexFunc(s, func(r rune) bool { return !clean(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if clean(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "\\u%04x", r)
		}
	}
	return b.String()
}
