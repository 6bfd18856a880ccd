package prompt

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"credmint/helper/program"
)

// Pinentry asks with GnuPG's dialog, in a window or on the terminal, whichever kind is installed. It never shows what is
// typed.
type Pinentry struct{ Getenv func(string) string }

var _ Asker = Pinentry{}

// Ask starts pinentry for one question.
func (p Pinentry) Ask(ctx context.Context, q Question) (string, error) {
	path, err := program.Find("pinentry")
	if err != nil {
		return "", nobody{err}
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	answer, err := p.converse(ctx, program.Command(ctx, path), q)
	var refused *assuanError
	switch {
	case err == nil:
		return answerOf(answer)
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.As(err, &refused) && refused.declined():
		return "", ErrDeclined
	}
	return "", nobody{fmt.Errorf("pinentry: %w", err)}
}

// converse runs the program for as long as the question takes.
func (p Pinentry) converse(ctx context.Context, cmd *exec.Cmd, q Question) (string, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	terminal, restore := keepTerminal() // it may be ended half-way
	defer restore()
	if err := cmd.Start(); err != nil {
		return "", err
	}
	defer func() {
		_ = in.Close()
		_ = cmd.Cancel() // it has nothing more to say
		_ = cmd.Wait()
	}()
	defer context.AfterFunc(ctx, func() { _ = out.Close() })() // what it started may hold the other end for longer
	return p.ask(ctx, newAssuan(out, in), q, terminal)
}

func (p Pinentry) ask(ctx context.Context, a *assuan, q Question, terminal bool) (string, error) {
	if _, err := a.reply(); err != nil {
		return "", err
	}
	if err := p.settle(a, terminal); err != nil {
		return "", err
	}
	if deadline, ok := ctx.Deadline(); ok {
		// In case it outlives us.
		_, _ = a.request("SETTIMEOUT", strconv.Itoa(int(time.Until(deadline).Seconds())+1))
	}
	for _, set := range [][2]string{{"SETTITLE", "credmint"}, {"SETDESC", shorten(Printable(q.Text))}, {"SETPROMPT", "Answer:"}} {
		if _, err := a.request(set[0], set[1]); err != nil {
			return "", err
		}
	}
	data, err := a.request("GETPIN", "")
	return string(data), err
}

// settle tells pinentry which terminal it may use. Those that have no windows are not asked without one: pinentry-tty
// would say that a person declined.
func (p Pinentry) settle(a *assuan, terminal bool) error {
	if flavor, err := a.request("GETINFO", "flavor"); err == nil && !terminal {
		if f := string(flavor); f == "tty" || f == "curses" {
			return errors.New("this one asks on a terminal, and there is none")
		}
	}
	if terminalPath != "" {
		_, _ = a.request("OPTION", "ttyname="+terminalPath) // an option that it does not know is none it needs
	}
	if kind := p.Getenv("TERM"); kind != "" {
		_, _ = a.request("OPTION", "ttytype="+kind)
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := p.Getenv(name); locale != "" {
			_, _ = a.request("OPTION", "lc-ctype="+locale)
			break
		}
	}
	return nil
}

// maxText is what a line of the protocol has room for, beside the command.
const maxText = maxAssuanLine - 100

// shorten keeps a text within a line of the protocol, whatever must be escaped in it.
func shorten(text string) string {
	for runes := []rune(text); len(escapeAssuan(text)) > maxText; {
		runes = runes[:len(runes)-1]
		text = string(runes) + "…"
	}
	return text
}
