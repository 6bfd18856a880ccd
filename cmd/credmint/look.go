package main

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"credmint/helper/prompt"
	"credmint/helper/signin"
)

// look is what can be shown where something is written to: a terminal has a width, perhaps colours, and perhaps more
// than ASCII. Anywhere else it is the zero look.
type look struct {
	width   int // characters in a line; zero: as many as one likes
	colours bool
	blocks  bool // there are characters to draw bars of
}

// look asks no more than the environment and the terminal. NO_COLOR means what https://no-color.org says.
func (a *app) look(w io.Writer) look {
	out, ok := w.(*os.File)
	if !ok || a.getenv("TERM") == "dumb" {
		return look{}
	}
	width, _, err := term.GetSize(int(out.Fd()))
	if err != nil {
		return look{}
	}
	return look{
		width: width, blocks: signin.SpeaksUTF8(a.getenv),
		colours: a.getenv("NO_COLOR") == "" && prompt.Coloured(out),
	}
}

// colour is a foreground colour of ECMA-48's SGR, or less of it; empty: the terminal's own.
type colour string

const (
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	faint  colour = "2"
)

func (l look) paint(c colour, text string) string {
	if c == "" || !l.colours {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// gaugeWidth is how many characters a gauge has.
const gaugeWidth = 6

// gauge draws which part of a whole is left; nothing where nobody looks.
func (l look) gauge(part float64) string {
	if l.width == 0 {
		return ""
	}
	full, empty := "#", "."
	if l.blocks {
		full, empty = "█", "░"
	}
	n := max(0, min(gaugeWidth, int(part*gaugeWidth+0.5)))
	return strings.Repeat(full, n) + strings.Repeat(empty, gaugeWidth-n) + " "
}

// leastWrapped is how narrow a column of text may be: in less, every second word would stand alone.
const leastWrapped = 20

// wrap breaks a line between words, where it does not fit beside what stands before it, and begins the next ones below it.
// What is to be copied is not for wrap: a terminal knows that the lines it breaks itself are one.
func (l look) wrap(text string, before int) string {
	width := l.width - before
	if width < leastWrapped {
		return text
	}
	var out strings.Builder
	room := width
	for i, word := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case n < room:
			out.WriteByte(' ')
			room--
		default:
			out.WriteString("\n" + strings.Repeat(" ", before))
			room = width
		}
		out.WriteString(word)
		room -= n
	}
	return out.String()
}

// shorten cuts a text to so many characters, and shows that it did.
func shorten(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:max(width-1, 0)]) + "…"
}
