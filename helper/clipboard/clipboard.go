// Package clipboard reads what a person has copied, a picture or a text, with the programs that each system has for it.
// It never writes there.
package clipboard

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"credmint/helper"
	"credmint/helper/program"
)

var (
	// ErrEmpty says that the clipboard holds neither a picture nor a text.
	ErrEmpty = errors.New("the clipboard holds neither a picture nor a text")

	// ErrNoClipboard says that there is no way to a clipboard here. The error that wraps it says what is missing.
	ErrNoClipboard = errors.New("there is no clipboard to read")
)

// Content is what was copied: one of both.
type Content struct {
	helper.Unwritten

	Picture []byte // a PNG or JPEG file
	Text    string
}

// What may be read, and how long that may take.
const (
	maxPicture = 32 << 20 // of what a program prints, which may be hexadecimal
	maxText    = 64 << 10
	limit      = 10 * time.Second
)

// Read returns what was copied: the picture, where there is one.
func Read(ctx context.Context, getenv func(string) string) (Content, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errors.New("the clipboard does not answer"))
	defer cancel()
	read, err := reader(runtime.GOOS, getenv)
	if err != nil {
		return Content{}, err
	}
	c, err := read(ctx)
	switch {
	case errors.Is(err, program.ErrNotFound):
		return Content{}, fmt.Errorf("%w: %w", ErrNoClipboard, err)
	case err != nil:
		return Content{}, err
	case len(c.Picture) == 0 && strings.TrimSpace(c.Text) == "":
		return Content{}, ErrEmpty
	}
	return c, nil
}

// reader is how a system's clipboard is read.
func reader(system string, getenv func(string) string) (func(context.Context) (Content, error), error) {
	switch {
	case system == "darwin":
		return readMac, nil
	case system == "windows":
		return readWindows, nil
	case getenv("WAYLAND_DISPLAY") != "":
		return selection{
			types:   []string{"wl-paste", "--list-types"},
			content: func(kind string) []string { return []string{"wl-paste", "--no-newline", "--type", kind} },
		}.read, nil
	case getenv("DISPLAY") != "":
		return selection{
			types:   []string{"xclip", "-selection", "clipboard", "-o", "-t", "TARGETS"},
			content: func(kind string) []string { return []string{"xclip", "-selection", "clipboard", "-o", "-t", kind} },
		}.read, nil
	}
	return nil, fmt.Errorf("%w: neither WAYLAND_DISPLAY nor DISPLAY is set", ErrNoClipboard)
}

// output runs a program for what it prints.
func output(ctx context.Context, most int, words ...string) ([]byte, error) {
	path, err := program.Find(words[0])
	if err != nil {
		return nil, err
	}
	return program.Output(ctx, program.Command(ctx, path, words[1:]...), most)
}

// selection is the clipboard of X or Wayland: its owner offers the same content as several types.
type selection struct {
	types   []string
	content func(kind string) []string
}

// The types that are asked for, the best first. X has names of its own for text.
var (
	pictureTypes = [...]string{"image/png", "image/jpeg"}
	textTypes    = [...]string{"text/plain;charset=utf-8", "UTF8_STRING", "text/plain", "STRING"}
)

func (s selection) read(ctx context.Context) (Content, error) {
	list, err := output(ctx, maxText, s.types...)
	var failed *program.Failed
	if errors.As(err, &failed) { // nobody has copied anything
		return Content{}, nil
	}
	if err != nil {
		return Content{}, err
	}
	offered := map[string]bool{}
	for kind := range strings.Lines(string(list)) {
		offered[strings.TrimSpace(kind)] = true
	}
	for _, kind := range pictureTypes {
		if offered[kind] {
			picture, err := output(ctx, maxPicture, s.content(kind)...)
			return Content{Picture: picture}, err
		}
	}
	for _, kind := range textTypes {
		if offered[kind] {
			text, err := output(ctx, maxText, s.content(kind)...)
			return Content{Text: string(text)}, err
		}
	}
	return Content{}, nil
}

// readMac asks for a picture in AppleScript, which prints it as «data PNGf89504E47…» and fails where there is none.
func readMac(ctx context.Context) (Content, error) {
	const picture = "the clipboard as «class PNGf»"
	out, err := output(ctx, maxPicture, "osascript", "-e", picture)
	var failed *program.Failed
	switch {
	case errors.As(err, &failed):
		text, err := output(ctx, maxText, "pbpaste")
		return Content{Text: string(text)}, err
	case err != nil:
		return Content{}, err
	}
	digits, ok := bytes.CutPrefix(bytes.TrimSpace(out), []byte("«data PNGf"))
	digits, closed := bytes.CutSuffix(digits, []byte("»"))
	file, err := hex.DecodeString(string(digits))
	if !ok || !closed || err != nil {
		return Content{}, errors.New("osascript prints a picture in a form of its own")
	}
	return Content{Picture: file}, nil
}

// windowsScript prints a word and base64, since PowerShell's own ways to print bytes change them.
const windowsScript = `Add-Type -AssemblyName System.Windows.Forms, System.Drawing
$picture = [Windows.Forms.Clipboard]::GetImage()
if ($picture) {
	$file = New-Object IO.MemoryStream
	$picture.Save($file, [Drawing.Imaging.ImageFormat]::Png)
	'picture ' + [Convert]::ToBase64String($file.ToArray())
} else {
	'text ' + [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes([Windows.Forms.Clipboard]::GetText()))
}`

func readWindows(ctx context.Context) (Content, error) {
	out, err := output(ctx, maxPicture, "powershell", "-NoProfile", "-NonInteractive", "-STA", "-Command", windowsScript)
	if err != nil {
		return Content{}, err
	}
	kind, encoded, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	content, err := base64.StdEncoding.DecodeString(encoded)
	switch {
	case err == nil && kind == "picture":
		return Content{Picture: content}, nil
	case err == nil && kind == "text":
		return Content{Text: string(content)}, nil
	}
	return Content{}, errors.New("PowerShell prints the clipboard in a form of its own")
}
