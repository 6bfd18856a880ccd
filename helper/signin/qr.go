package signin

import (
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
	code, err := qrcode.New(address, qrcode.Low)
	if err != nil {
		return ""
	}
	code.DisableBorder = true
	modules := code.Bitmap()
	if len(modules)+2*quietEnds > 2*maxRows {
		return ""
	}
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
