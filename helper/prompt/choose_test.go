package prompt

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

func environ(vars ...string) func(string) string {
	return func(name string) string {
		for _, v := range vars {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

func TestOrder(t *testing.T) {
	tests := []struct {
		system string
		env    []string
		want   string
	}{
		{"linux", nil, "terminal"},
		{"linux", []string{"DISPLAY=:0"}, "terminal pinentry zenity kdialog"},
		{"linux", []string{"WAYLAND_DISPLAY=wayland-0"}, "terminal pinentry zenity kdialog"},
		{"linux", []string{"WAYLAND_DISPLAY=wayland-0", "XDG_CURRENT_DESKTOP=ubuntu:KDE"}, "terminal pinentry kdialog zenity"},
		{"linux", []string{"WAYLAND_DISPLAY=wayland-0", "SSH_CONNECTION=a 1 b 22"}, "terminal"},
		{"linux", []string{"DISPLAY=localhost:10.0", "SSH_CONNECTION=a 1 b 22"}, "terminal pinentry zenity kdialog"},
		{"freebsd", []string{"DISPLAY=:0"}, "terminal pinentry zenity kdialog"},
		{"darwin", nil, "terminal osascript"},
		{"darwin", []string{"SSH_TTY=/dev/ttys000"}, "terminal"},
		{"darwin", []string{"SSH_TTY=/dev/ttys000", "DISPLAY=localhost:10.0"}, "terminal pinentry zenity kdialog"},
		{"windows", nil, "terminal windows"},
	}
	for _, tt := range tests {
		if got := strings.Join(order(tt.system, environ(tt.env...)), " "); got != tt.want {
			t.Errorf("order(%s, %q) = %s, want %s", tt.system, tt.env, got, tt.want)
		}
	}
}

func TestChooseOne(t *testing.T) {
	for name, want := range map[string]Asker{"terminal": Terminal{}, "zenity": Zenity{}, "none": None{"CREDMINT_PROMPT=none"}} {
		ways, err := Choose(environ("CREDMINT_PROMPT="+name, "DISPLAY=:0"))
		if err != nil || !slices.Equal(ways, []Asker{want}) {
			t.Errorf("%s: %v, %v", name, ways, err)
		}
	}
	const want = `CREDMINT_PROMPT: "gui" is no way to ask: choose one of kdialog, none, osascript, pinentry, terminal, windows, zenity`
	if _, err := (Chosen{Getenv: environ("CREDMINT_PROMPT=gui")}).Ask(t.Context(), Question{}); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestNotOnTheTerminal(t *testing.T) {
	for _, env := range []string{"", "CREDMINT_PROMPT=terminal"} {
		_, err := Chosen{environ(env), "GIT_TERMINAL_PROMPT=0"}.Ask(t.Context(), Question{})
		if !errors.Is(err, ErrNobody) || !strings.Contains(err.Error(), "GIT_TERMINAL_PROMPT=0") {
			t.Errorf("%q: %v", env, err)
		}
	}
}

// scripted is a way to ask that answers in one way, and counts.
type scripted struct {
	answer string
	err    error
	asked  *int
}

func (s scripted) Ask(context.Context, Question) (string, error) {
	*s.asked++
	return s.answer, s.err
}

func TestTheNextIsAskedWhereNobodyIs(t *testing.T) {
	away := nobody{errors.New("no display")}
	broken := errors.New("broken")
	tests := map[string]struct {
		first error
		asked int // of the second
		want  error
	}{
		"nobody there": {away, 1, nil},
		"declined":     {ErrDeclined, 0, ErrDeclined},
		"too late":     {context.DeadlineExceeded, 0, context.DeadlineExceeded},
		"broken":       {broken, 0, broken},
	}
	for name, tt := range tests {
		var first, second int
		_, err := inTurn{scripted{"", tt.first, &first}, scripted{"yes", nil, &second}}.Ask(t.Context(), Question{})
		if !errors.Is(err, tt.want) || first != 1 || second != tt.asked {
			t.Errorf("%s: %v, asked %d and %d", name, err, first, second)
		}
	}
	var asked int
	_, err := inTurn{scripted{"", away, &asked}, scripted{"", nobody{errors.New("no window")}, &asked}}.Ask(t.Context(), Question{})
	if !errors.Is(err, ErrNobody) || err.Error() != "no display; no window" {
		t.Errorf("got %v", err)
	}
}
