package signin

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/skip2/go-qrcode"
)

// What a drawing may take of a terminal of 80 by 24, so that the address and the code stay in sight below it: version 5,
// which holds 106 bytes. Longer addresses are those of browsers on this machine, and no telephone's.
const maxRows = 21

// The quiet zone is four modules as the standard wants it, but two above and below, where the terminal's own lines follow.
const (
	quietSides = 4
	quietEnds  = 2
)

// The colours are of the fixed part of the palette: black on white, whatever the terminal's theme is.
const (
	paint   = "\x1b[38;5;16;48;5;231m"
	unpaint = "\x1b[m"
)

// drawQR draws an address for a telephone's camera, two modules a character, or nothing if it would take too much room.
func drawQR(address string) string {
	modules := encodeQR(address)
	if modules == nil || rowsOf(modules) > maxRows {
		return ""
	}
	return draw(modules)
}

// QR draws an address on a terminal, however much of it that takes. The error says what would do.
func QR(out *os.File, getenv func(string) string, address string) (string, error) {
	modules := encodeQR(address)
	if modules == nil {
		return "", errors.New("the address is too long for a QR code")
	}
	columns, rows := size(out)
	if needs := len(modules) + 2*quietSides; columns < needs || rows <= rowsOf(modules) || !shows(getenv) {
		return "", fmt.Errorf("a QR code of this address takes a terminal of %d columns and %d rows that shows UTF-8", needs, rowsOf(modules)+1)
	}
	return draw(modules), nil
}

// encodeQR is nil for what no code holds.
func encodeQR(address string) [][]bool {
	code, err := qrcode.New(address, qrcode.Low)
	if err != nil {
		return nil
	}
	code.DisableBorder = true
	return code.Bitmap()
}

func rowsOf(modules [][]bool) int { return (len(modules) + 2*quietEnds + 1) / 2 }

func draw(modules [][]bool) string {
	black := func(x, y int) bool {
		return 0 <= y && y < len(modules) && 0 <= x && x < len(modules) && modules[y][x]
	}
	var b strings.Builder
	for y := -quietEnds; y < len(modules)+quietEnds; y += 2 {
		b.WriteString(paint)
		for x := -quietSides; x < len(modules)+quietSides; x++ {
			b.WriteString(halves(black(x, y), black(x, y+1)))
		}
		b.WriteString(unpaint + "\n")
	}
	return b.String()
}

func halves(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	}
	return " "
}
