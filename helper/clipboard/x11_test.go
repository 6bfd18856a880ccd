//go:build linux

package clipboard_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"credmint/helper/clipboard"
)

// A real X server and its clipboard.
func TestX11(t *testing.T) {
	for _, need := range [][2]string{{"Xvfb", "xvfb"}, {"xclip", "xclip"}} {
		if _, err := exec.LookPath(need[0]); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing: install Debian's %s", need[0], need[1])
			}
			t.Skipf("%s is missing: install Debian's %s", need[0], need[1])
		}
	}
	t.Setenv("DISPLAY", display(t))
	t.Setenv("WAYLAND_DISPLAY", "")
	if _, err := clipboard.Read(t.Context(), os.Getenv); !errors.Is(err, clipboard.ErrEmpty) {
		t.Errorf("before anything was copied: %v", err)
	}
	dump(t, "otpauth://totp/ü", "UTF8_STRING")
	if c, err := clipboard.Read(t.Context(), os.Getenv); c.Text != "otpauth://totp/ü" || c.Picture != nil || err != nil {
		t.Errorf("a text: %q, %v", c.Text, err)
	}
	dump(t, "\x89PNG\x00\xff", "image/png")
	if c, err := clipboard.Read(t.Context(), os.Getenv); string(c.Picture) != "\x89PNG\x00\xff" || c.Text != "" || err != nil {
		t.Errorf("a picture: %q, %q, %v", c.Picture, c.Text, err)
	}
}

// dump copies something; xclip stays behind until something else is copied, or the server ends. It may have left the foreground
// before the server knows whose the clipboard is.
func dump(t *testing.T, content, kind string) {
	t.Helper()
	cmd := exec.Command("xclip", "-selection", "clipboard", "-i", "-t", kind)
	cmd.Stdin = strings.NewReader(content)
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		offered, err := exec.Command("xclip", "-selection", "clipboard", "-o", "-t", "TARGETS").CombinedOutput()
		if slices.Contains(strings.Fields(string(offered)), kind) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the clipboard offers %q, %v, and no %s", offered, err, kind)
		}
	}
}

// display is an X server's. Without -noreset it would begin anew when its last client leaves, and turn away whoever comes
// just then.
func display(t *testing.T) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	server := exec.Command("Xvfb", "-displayfd", "3", "-noreset", "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{w}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return ":" + strings.TrimSpace(number)
}
