package prompt

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzKeys takes keys off whatever a terminal may send: each takes some of it, none more than there is, and the list keeps
// one of its items in view.
func FuzzKeys(f *testing.F) {
	f.Add([]byte("abc\r"), uint8(24))
	f.Add([]byte("\x1b[5~\x1bOB\x1b[1;2"), uint8(3))
	f.Add([]byte("\xc3\xa9\xff\xe6\xbc"), uint8(1))
	items := []Item{{"alpha", "role"}, {"b\x1b[2J\nb", ""}, {"\xff", "\u202e"}, {"delta", "user-key"}}
	f.Fuzz(func(t *testing.T, typed []byte, height uint8) {
		l := newPickList("Profile", items)
		for len(typed) > 0 {
			key, n := nextKey(typed, false)
			if n == 0 {
				key, n = nextKey(typed, true)
			}
			if n < 1 || n > len(typed) {
				t.Fatalf("%q: a key of %d bytes", typed, n)
			}
			typed = typed[n:]
			l.press(key)
			lines := l.lines(int(height)*3, int(height))
			if len(l.shown) > 0 && (l.at < l.top || l.at >= l.top+l.window || l.chosen() == "") {
				t.Fatalf("%d of %d is not in view, from %d", l.at, len(l.shown), l.top)
			}
			for _, line := range lines[:len(lines)-1] { // the last has the cursor, and what was typed
				line = strings.NewReplacer(invert, "", plain, "").Replace(line)
				if n := utf8.RuneCountInString(line); n > max(3, int(height)*3) {
					t.Fatalf("%q has %d characters", line, n)
				}
			}
			if len(lines) > max(2, int(height)) || !utf8.ValidString(l.query) {
				t.Fatalf("%q on %d lines, query %q", lines, height, l.query)
			}
		}
	})
}
