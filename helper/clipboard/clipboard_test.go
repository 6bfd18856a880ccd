//go:build unix

package clipboard

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"credmint/helper/program"
)

// onPath makes PATH a directory with scripts in it.
func onPath(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

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

// A stub prints what it was asked, unless that is the list of types.
const (
	wayland = `[ "$*" = --list-types ] && { printf 'TYPES'; exit; }; printf 'asked %s' "$*"`
	x11     = `[ "$*" = "-selection clipboard -o -t TARGETS" ] && { printf 'TYPES'; exit; }; printf 'asked %s' "$*"`
)

func offering(stub string, types ...string) string {
	return strings.Replace(stub, "TYPES", strings.Join(types, `\n`)+`\n`, 1)
}

func TestReaders(t *testing.T) {
	w, x := []string{"WAYLAND_DISPLAY=w", "DISPLAY=:0"}, []string{"DISPLAY=:0"}
	tests := map[string]struct {
		system        string
		env           []string
		scripts       map[string]string
		picture, text string
		err           string
	}{
		"wayland picture": {"linux", w, map[string]string{"wl-paste": offering(wayland, "text/html", "image/jpeg", "image/png")}, "asked --no-newline --type image/png", "", ""},
		"wayland jpeg":    {"linux", w, map[string]string{"wl-paste": offering(wayland, "image/bmp", "image/jpeg")}, "asked --no-newline --type image/jpeg", "", ""},
		"wayland text":    {"linux", w, map[string]string{"wl-paste": offering(wayland, "TARGETS", "text/plain", "UTF8_STRING")}, "", "asked --no-newline --type UTF8_STRING", ""},
		"wayland nothing": {"linux", w, map[string]string{"wl-paste": "echo Nothing is copied >&2; exit 1"}, "", "", ""},
		"x11 picture":     {"linux", x, map[string]string{"xclip": offering(x11, "TARGETS", "image/png")}, "asked -selection clipboard -o -t image/png", "", ""},
		"x11 text":        {"freebsd", x, map[string]string{"xclip": offering(x11, "STRING", "UTF8_STRING")}, "", "asked -selection clipboard -o -t UTF8_STRING", ""},
		"x11 files":       {"linux", x, map[string]string{"xclip": offering(x11, "text/uri-list")}, "", "", ""},
		"it is gone":      {"linux", x, map[string]string{"xclip": `[ "$5" = TARGETS ] && echo image/png || { echo 'target not available' >&2; exit 1; }`}, "", "", "xclip: exit status 1: target not available"},
		"too long a text": {"linux", x, map[string]string{"xclip": `[ "$5" = TARGETS ] && echo STRING || while echo 0123456789; do :; done`}, "", "", "it prints too much"},
		"mac picture":     {"darwin", nil, map[string]string{"osascript": `[ "$2" = "the clipboard as «class PNGf»" ] && echo '«data PNGf89504E47»'`}, "\x89PNG", "", ""},
		"mac text":        {"darwin", nil, map[string]string{"osascript": "exit 1", "pbpaste": "printf 'some text'"}, "", "some text", ""},
		"mac nonsense":    {"darwin", nil, map[string]string{"osascript": "echo '«data PNGf8950»x'"}, "", "", "form of its own"},
		"mac no digits":   {"darwin", nil, map[string]string{"osascript": "echo '«data PNGfxyz»'"}, "", "", "form of its own"},
		"windows picture": {"windows", nil, map[string]string{"powershell": "echo 'picture iVBORw=='"}, "\x89PNG", "", ""},
		"windows text":    {"windows", nil, map[string]string{"powershell": "printf 'text w7w=\\r\\n'"}, "", "ü", ""},
		"windows none":    {"windows", nil, map[string]string{"powershell": "echo 'text '"}, "", "", ""},
		"windows other":   {"windows", nil, map[string]string{"powershell": "echo hello"}, "", "", "form of its own"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			onPath(t, tt.scripts)
			read, err := reader(tt.system, environ(tt.env...))
			if err != nil {
				t.Fatal(err)
			}
			c, err := read(t.Context())
			if string(c.Picture) != tt.picture || c.Text != tt.text || (err == nil) != (tt.err == "") ||
				err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %q, %q, %v", c.Picture, c.Text, err)
			}
		})
	}
}

func TestNone(t *testing.T) {
	onPath(t, nil)
	if _, err := reader("linux", environ()); !errors.Is(err, ErrNoClipboard) {
		t.Errorf("no display: %v", err)
	}
	read, err := reader("linux", environ("DISPLAY=:0"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := read(t.Context()); !errors.Is(err, program.ErrNotFound) {
		t.Errorf("no program: %v", err)
	}
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	onPath(t, map[string]string{"xclip": "exec /bin/sleep 20"})
	if _, err := read(ctx); !errors.Is(err, gone) && !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that has gone: %v", err)
	}
}
