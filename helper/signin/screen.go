package signin

import "os"

// Draws reports whether out is a terminal on which a QR code can be drawn: wide and high enough, with colours and UTF-8.
func Draws(out *os.File, getenv func(string) string) bool {
	columns, rows := size(out)
	return columns >= 80 && rows > maxRows && shows(getenv)
}

func shows(getenv func(string) string) bool { return getenv("TERM") != "dumb" && SpeaksUTF8(getenv) }
