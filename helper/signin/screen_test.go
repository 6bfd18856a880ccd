//go:build unix

package signin_test

import (
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"

	"credmint/helper/signin"
)

func TestDraws(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer tty.Close()
	for _, tt := range []struct {
		columns, rows uint16
		env           map[string]string
		want          bool
	}{
		{80, 24, map[string]string{"LANG": "en_GB.UTF-8"}, true},
		{200, 60, map[string]string{"LC_ALL": "C.utf8", "LANG": "C"}, true},
		{80, 24, map[string]string{"LC_CTYPE": "de_DE.UTF-8@euro"}, true},
		{80, 24, map[string]string{"LC_ALL": "C", "LANG": "en_GB.UTF-8"}, false},
		{80, 24, map[string]string{"LANG": "de_DE.ISO-8859-1"}, false},
		{80, 24, nil, false},
		{80, 24, map[string]string{"LANG": "C.UTF-8", "TERM": "dumb"}, false},
		{79, 24, map[string]string{"LANG": "C.UTF-8"}, false},
		{80, 21, map[string]string{"LANG": "C.UTF-8"}, false},
		{0, 0, map[string]string{"LANG": "C.UTF-8"}, false},
	} {
		if err := pty.Setsize(tty, &pty.Winsize{Cols: tt.columns, Rows: tt.rows}); err != nil {
			t.Fatal(err)
		}
		if got := signin.Draws(tty, func(name string) string { return tt.env[name] }); got != tt.want {
			t.Errorf("Draws(%d by %d, %v) = %v", tt.columns, tt.rows, tt.env, got)
		}
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	if signin.Draws(write, func(string) string { return "C.UTF-8" }) {
		t.Error("it draws into a pipe")
	}
}

// A long address takes a large terminal, and the error says how large.
func TestQROnATerminal(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer tty.Close()
	address := "https://signin.example/federation?SigninToken=" + strings.Repeat("Ab1", 250)
	env := func(name string) string { return map[string]string{"LANG": "C.UTF-8"}[name] }
	for _, tt := range []struct {
		columns, rows uint16
		draws         bool
	}{{200, 100, true}, {80, 24, false}, {200, 40, false}, {0, 0, false}} {
		if err := pty.Setsize(tty, &pty.Winsize{Cols: tt.columns, Rows: tt.rows}); err != nil {
			t.Fatal(err)
		}
		drawing, err := signin.QR(tty, env, address)
		if (err == nil) != tt.draws || err == nil && strings.Count(drawing, "\n") >= int(tt.rows) {
			t.Errorf("%d by %d: %d lines, %v", tt.columns, tt.rows, strings.Count(drawing, "\n"), err)
		}
	}
	if drawing, err := signin.QR(tty, env, strings.Repeat("x", 4000)); err == nil {
		t.Errorf("it draws %d bytes of what no code holds", len(drawing))
	}
}
