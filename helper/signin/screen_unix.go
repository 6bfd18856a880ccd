//go:build unix

package signin

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// size is that of a terminal, and nothing where there is none.
func size(f *os.File) (columns, rows int) {
	w, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0
	}
	return int(w.Col), int(w.Row)
}

// SpeaksUTF8 is what the locale says (POSIX XBD 8.2: the first of these that is set).
func SpeaksUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := getenv(name); locale != "" {
			_, charset, _ := strings.Cut(strings.ToLower(locale), ".")
			charset, _, _ = strings.Cut(charset, "@")
			return charset == "utf-8" || charset == "utf8"
		}
	}
	return false
}
