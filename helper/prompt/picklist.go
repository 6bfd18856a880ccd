package prompt

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pickList is what is shown of a list, and where in it the person is.
type pickList struct {
	title  string
	items  []Item
	folded []string // each item's text, for comparing
	width  int      // of the longest name, in characters
	query  string
	shown  []int // of items: those that the query leaves
	at     int   // of shown: the one that Enter takes
	top    int   // of shown: the first in the window
	window int   // lines that items had when last drawn
}

// maxWindow is how many items are seen at once.
const maxWindow = 12

func newPickList(title string, items []Item) *pickList {
	l := &pickList{title: title, items: items}
	for _, i := range items {
		l.folded = append(l.folded, strings.ToLower(i.Name+" "+i.About))
		l.width = max(l.width, utf8.RuneCountInString(oneLine(i.Name)))
	}
	l.narrow()
	return l
}

// narrow keeps the items that contain every word of the query, whatever its case.
func (l *pickList) narrow() {
	words := strings.Fields(strings.ToLower(l.query))
	l.shown, l.at, l.top = l.shown[:0], 0, 0
next:
	for i, text := range l.folded {
		for _, word := range words {
			if !strings.Contains(text, word) {
				continue next
			}
		}
		l.shown = append(l.shown, i)
	}
}

// chosen is the name of the item that Enter takes; empty where the query leaves none.
func (l *pickList) chosen() string {
	if len(l.shown) == 0 {
		return ""
	}
	return l.items[l.shown[l.at]].Name
}

// press does what a key says, but for those that end the choice.
func (l *pickList) press(key rune) {
	before := l.query
	switch key {
	case keyUp:
		l.at--
	case keyDown:
		l.at++
	case keyPageUp:
		l.at -= max(l.window, 1)
	case keyPageDown:
		l.at += max(l.window, 1)
	case keyHome:
		l.at = 0
	case keyEnd:
		l.at = len(l.shown) - 1
	case keyErase:
		_, n := utf8.DecodeLastRuneInString(l.query)
		l.query = l.query[:len(l.query)-n]
	case keyEraseWord:
		rest := strings.TrimRight(l.query, " ")
		l.query = rest[:strings.LastIndexByte(rest, ' ')+1]
	case keyEraseAll:
		l.query = ""
	default:
		if unicode.IsPrint(key) {
			l.query += string(key)
		}
	}
	if l.query != before {
		l.narrow()
	}
	l.at = max(0, min(l.at, len(l.shown)-1))
}

// lines draws the list for a terminal of so many columns and lines: the items in view, how many there are, and what was typed.
func (l *pickList) lines(width, height int) []string {
	l.window = max(1, min(maxWindow, height-2, len(l.items)))
	l.top = max(min(l.top, l.at), l.at-l.window+1, 0)
	var lines []string
	for i := l.top; i < min(l.top+l.window, len(l.shown)); i++ {
		item := l.items[l.shown[i]]
		name := oneLine(item.Name)
		line := cut(name+strings.Repeat(" ", l.width-utf8.RuneCountInString(name))+"  "+oneLine(item.About), width-len("> "))
		if i == l.at {
			line = "> " + invert + line + plain
		} else {
			line = "  " + line
		}
		lines = append(lines, line)
	}
	if height > 2 {
		lines = append(lines, cut(fmt.Sprintf("  %d of %d: type to narrow, arrows to move, Enter to take, Esc to leave", len(l.shown), len(l.items)), width))
	}
	return append(lines, l.title+": "+oneLine(l.query))
}

// cut shortens a line to so many characters, and shows that it did.
func cut(line string, width int) string {
	if utf8.RuneCountInString(line) <= width {
		return line
	}
	return string([]rune(line)[:max(width-1, 0)]) + "…"
}

// oneLine is text that neither moves the cursor nor begins a line.
func oneLine(s string) string { return strings.ReplaceAll(Printable(s), "\n", " ") }

// The keys that are no characters, below those that are.
const (
	keyEnter rune = -iota - 1
	keyLeave
	keyUp
	keyDown
	keyPageUp
	keyPageDown
	keyHome
	keyEnd
	keyErase
	keyEraseWord
	keyEraseAll
	keyOther
)

// control is what terminals send for a key with Ctrl, and for the keys that were such once.
func control(b byte) rune {
	switch b {
	case '\r', '\n':
		return keyEnter
	case 'C' - '@', 'D' - '@', 'G' - '@':
		return keyLeave
	case 'P' - '@', 'K' - '@':
		return keyUp
	case 'N' - '@':
		return keyDown
	case '\b', 0x7f:
		return keyErase
	case 'W' - '@':
		return keyEraseWord
	case 'U' - '@':
		return keyEraseAll
	}
	return keyOther
}

// nextKey takes the first key off what was typed, and says how many bytes it is; none where it may go on, unless what was
// typed is final. Keys that are sequences begin with CSI or SS3: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html.
func nextKey(typed []byte, final bool) (key rune, n int) {
	switch {
	case len(typed) == 0:
		return 0, 0
	case typed[0] == 0x1b && len(typed) == 1 && !final:
		return 0, 0
	case typed[0] == 0x1b && len(typed) > 1 && (typed[1] == '[' || typed[1] == 'O'):
		return sequence(typed, final)
	case typed[0] == 0x1b:
		return keyLeave, 1
	case typed[0] < ' ' || typed[0] == 0x7f:
		return control(typed[0]), 1
	case !utf8.FullRune(typed) && !final:
		return 0, 0
	}
	r, n := utf8.DecodeRune(typed)
	if r == utf8.RuneError {
		return keyOther, n
	}
	return r, n
}

// sequence ends with the first byte of 0x40 to 0x7e behind its two bytes of introduction.
func sequence(typed []byte, final bool) (key rune, n int) {
	for n = 2; n < len(typed); n++ {
		if b := typed[n]; b >= 0x40 && b <= 0x7e {
			return named(string(typed[2 : n+1])), n + 1
		}
	}
	if final {
		return keyOther, len(typed)
	}
	return 0, 0
}

func named(sequence string) rune {
	switch sequence {
	case "A":
		return keyUp
	case "B":
		return keyDown
	case "5~":
		return keyPageUp
	case "6~":
		return keyPageDown
	case "H", "1~", "7~":
		return keyHome
	case "F", "4~", "8~":
		return keyEnd
	}
	return keyOther
}
