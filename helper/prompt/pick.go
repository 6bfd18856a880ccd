package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"
)

// Item is a line of a list to choose from.
type Item struct {
	Name  string // what is chosen; not empty
	About string // beside it, one line
}

// Pick lets a person choose among items on the terminal: what they type narrows the list to the lines that contain it, the
// arrow keys move, Enter takes. Esc and ^C are ErrDeclined. The list is wiped and the terminal as it was whatever happens,
// a panic and a signal among it. It is an ErrNobody where there is no terminal, or one that cannot move its cursor; and
// where CREDMINT_PROMPT says that questions come elsewhere.
func (c Chosen) Pick(ctx context.Context, title string, items []Item) (string, error) {
	ways, err := Choose(c.Getenv)
	if err != nil {
		return "", err
	}
	if c.Getenv("TERM") == "dumb" || !slices.ContainsFunc(ways, isTerminal) {
		return "", nobody{errors.New("there is no terminal to show a list on")}
	}
	tty, err := openTerminal()
	if err != nil {
		return "", nobody{fmt.Errorf("there is no terminal to show a list on: %w", err)}
	}
	defer tty.close()
	restore, err := tty.raw()
	if err != nil {
		return "", nobody{err}
	}
	defer restore()
	ctx, stop := untilSignal(ctx)
	defer stop()
	p := picker{tty: tty, list: newPickList(Printable(title), items), escapeWait: escapeWait}
	defer p.wipe()
	return p.run(ctx)
}

func isTerminal(way Asker) bool {
	_, ok := way.(Terminal)
	return ok
}

// picker is a list on a terminal.
type picker struct {
	tty   *terminal
	list  *pickList
	below int // lines that the cursor is below the first one drawn

	escapeWait time.Duration
}

// escapeWait is how long after an Esc the rest of an arrow key may come.
const escapeWait = 50 * time.Millisecond

// run asks for more to read only when all that came is done with, and so has no reading under way when an item is taken:
// the next question on this terminal gets all that is typed.
func (p *picker) run(ctx context.Context) (string, error) {
	resized := make(chan os.Signal, 1)
	defer notifyResized(resized)()
	var (
		typed []byte
		late  <-chan time.Time
	)
	for read := p.read(); ; {
		p.draw()
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-resized:
			continue
		case <-late:
			late = nil
			if name, _, err := p.take(typed, true); name != "" || err != nil {
				return name, err
			}
			typed = nil
		case in := <-read:
			if in.err != nil {
				return "", in.err
			}
			name, rest, err := p.take(append(typed, in.bytes...), false)
			if name != "" || err != nil {
				return name, err
			}
			typed, read, late = rest, p.read(), nil
			if len(typed) > 0 {
				late = time.After(p.escapeWait)
			}
		}
	}
}

// take does what the keys say that were typed. It returns the name of the item that was taken, and what may be the
// beginning of a key.
func (p *picker) take(typed []byte, final bool) (name string, rest []byte, err error) {
	for {
		key, n := nextKey(typed, final)
		if n == 0 {
			return "", typed, nil
		}
		typed = typed[n:]
		switch key {
		case keyLeave:
			return "", nil, ErrDeclined
		case keyEnter:
			if name := p.list.chosen(); name != "" {
				return name, nil, nil
			}
		default:
			p.list.press(key)
		}
	}
}

// input is what one reading of the terminal brought.
type input struct {
	bytes []byte
	err   error
}

func (p *picker) read() <-chan input {
	read := make(chan input, 1)
	go func() {
		buf := make([]byte, 256)
		n, err := p.tty.Read(buf)
		read <- input{buf[:n], err}
	}()
	return read
}

// The terminal cuts what does not fit into a line all the same, since some characters are wider than others.
const (
	wrapOff = "\x1b[?7l"
	wrapOn  = "\x1b[?7h"
	wipe    = "\x1b[J" // from the cursor to the end of the screen
	invert  = "\x1b[7m"
	plain   = "\x1b[0m"
)

// draw writes the whole list at once, over the last one. The line in which one types is the last: the cursor stays there.
func (p *picker) draw() {
	width, height, err := term.GetSize(p.tty.screen())
	if err != nil || height < 1 || width < 1 {
		width, height = 80, 24
	}
	lines := p.list.lines(width, height)
	_, _ = io.WriteString(p.tty, p.home()+wrapOff+strings.Join(lines, "\r\n")+wrapOn)
	p.below = len(lines) - 1
}

func (p *picker) wipe() { _, _ = io.WriteString(p.tty, p.home()+wrapOn) }

// home goes to where the list begins, and wipes from there.
func (p *picker) home() string {
	if p.below == 0 {
		return "\r" + wipe
	}
	return fmt.Sprintf("\r\x1b[%dA%s", p.below, wipe)
}
