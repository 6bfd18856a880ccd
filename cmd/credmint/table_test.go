//go:build unix

package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"

	"credmint/helper"
)

// The list fits the screen: what is long is shortened, and what is missed least is left out; nowhere else anything is.
func TestListFits(t *testing.T) {
	now := time.Now()
	minted, ends, stored := now.Add(-40*time.Minute), now.Add(20*time.Minute), now.Add(-100*day)
	rows := []row{
		{Profile: "me", Kind: "user-key", AccountID: "111111111111", User: "arn:aws:iam::111111111111:user/alice", KeyStored: &stored, resolved: &helper.Profile{}},
		{
			Profile: "production-of-the-whole-company", Kind: "roles-anywhere", AccountID: "222222222222", Minted: &minted, Expires: &ends,
			Role: "arn:aws:iam::222222222222:role/AdministratorOfEverything", resolved: &helper.Profile{},
		},
	}
	for _, tt := range []struct {
		width           int
		headings, state string
	}{
		{0, "PROFILE KIND ACCOUNT ROLE STATE KEY USED", "20m"},
		{120, "PROFILE KIND ACCOUNT ROLE STATE KEY USED", "██░░░░ 20m"},
		{80, "PROFILE KIND ACCOUNT ROLE STATE KEY USED", "██░░░░ 20m"},
		{64, "PROFILE ACCOUNT ROLE STATE USED", "██░░░░ 20m"},
		{50, "PROFILE ROLE STATE", "██░░░░ 20m"},
		{30, "PROFILE STATE", "██░░░░ 20m"},
		{8, "PROFILE STATE", "██░░░░ 20m"}, // less than that would tell nothing
	} {
		var out bytes.Buffer
		l := look{width: tt.width, blocks: true}
		tab := (&listCmd{}).table(&out, l, rows, now)
		if err := tab.Flush(); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if got := strings.Join(strings.Fields(lines[0]), " "); got != tt.headings {
			t.Errorf("%d: %s", tt.width, got)
		}
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); tt.width >= 30 && n > tt.width || strings.HasSuffix(line, " ") {
				t.Errorf("%d: %q has %d characters", tt.width, line, n)
			}
		}
		if !strings.Contains(lines[2], tt.state) || strings.Contains(out.String(), "…") == (tt.width == 0 || tt.width == 120) {
			t.Errorf("%d:\n%s", tt.width, out.String())
		}
	}
}

// What is left of a session is green, near its end yellow, and red where programs get another one.
func TestStateHasAColour(t *testing.T) {
	now := time.Now()
	minted := now.Add(-time.Hour)
	for left, want := range map[time.Duration]string{
		3 * time.Hour:    "\x1b[32m#####. 3h00m\x1b[0m",
		17 * time.Minute: "\x1b[33m#..... 17m\x1b[0m",
		2 * time.Minute:  "\x1b[31m...... 2m\x1b[0m",
	} {
		ends := now.Add(left)
		l := look{width: 80, colours: true}
		c := row{Minted: &minted, Expires: &ends}.state(now, l)
		if got := l.paint(c.colour, c.text); got != want {
			t.Errorf("%v left: %q, want %q", left, got, want)
		}
	}
}

func TestLook(t *testing.T) {
	master, tty, err := openPTY()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer tty.Close()
	if err := pty.Setsize(tty, &pty.Winsize{Cols: 77, Rows: 24}); err != nil {
		t.Fatal(err)
	}
	for env, want := range map[string]look{
		"LANG=C.UTF-8":            {77, true, true},
		"LANG=C":                  {77, true, false},
		"LANG=C.UTF-8 NO_COLOR=1": {77, false, true},
		"LANG=C.UTF-8 TERM=dumb":  {},
	} {
		a := &app{getenv: func(name string) string {
			if found := regexp.MustCompile(`\b` + name + `=(\S+)`).FindStringSubmatch(env); found != nil {
				return found[1]
			}
			return ""
		}}
		if got := a.look(tty); got != want {
			t.Errorf("%s: %+v, want %+v", env, got, want)
		}
		if got := a.look(new(bytes.Buffer)); got != (look{}) {
			t.Errorf("%s: %+v where nobody looks", env, got)
		}
	}
}

// Text is broken between words, and goes on where it began; without a terminal, and where there is no room, it stays.
func TestWrap(t *testing.T) {
	const text = "a-word-that-is-longer-than-the-line and five short words"
	for _, tt := range []struct {
		width, before int
		want          string
	}{
		{0, 2, text},
		{21, 2, text},
		{22, 2, "a-word-that-is-longer-than-the-line\n  and five short words"},
		{30, 5, "a-word-that-is-longer-than-the-line\n     and five short words"},
		{29, 9, "a-word-that-is-longer-than-the-line\n         and five short words"},
		{28, 8, "a-word-that-is-longer-than-the-line\n        and five short words"},
		{80, 8, text},
	} {
		if got := (look{width: tt.width}).wrap(text, tt.before); got != tt.want {
			t.Errorf("%d, %d: %q", tt.width, tt.before, got)
		}
	}
	if got, want := (look{width: 24}).wrap("one two three four five six", 4), "one two three four\n    five six"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
