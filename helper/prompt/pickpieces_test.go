//go:build linux

package prompt

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// A key may come in pieces; what looks like Esc is one only when nothing follows in time, of which there is enough here.
func TestPickAKeyInPieces(t *testing.T) {
	screen, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Close()
	on := &terminal{tty}
	if _, err := on.raw(); err != nil { // nobody uses it afterwards
		t.Fatal(err)
	}
	p := picker{tty: on, list: newPickList("Profile", []Item{{Name: "first"}, {Name: "second"}}), escapeWait: time.Hour}
	picked := make(chan string, 1)
	go func() {
		name, err := p.run(t.Context())
		picked <- fmt.Sprint(name, " ", err)
		tty.Close() // ends who waits for it to draw
	}()
	for _, piece := range []string{"", "\x1b", "[", "B", "\r"} {
		if _, err := io.WriteString(screen, piece); err != nil {
			t.Fatal(err)
		}
		if piece != "\r" {
			drawn(t, screen) // so that the next piece is read by itself
		}
	}
	if got := <-picked; got != "second <nil>" {
		t.Errorf("picked %s", got)
	}
}

// drawn waits until the list was drawn once more.
func drawn(t *testing.T, screen io.Reader) {
	t.Helper()
	var seen strings.Builder
	for buf := make([]byte, 1); !strings.HasSuffix(seen.String(), wrapOn); {
		if _, err := screen.Read(buf); err != nil {
			t.Fatalf("the terminal shows %q: %v", seen.String(), err)
		}
		seen.Write(buf)
	}
}
