package signin

import (
	"os"

	"golang.org/x/sys/windows"
)

// size is that of a console which understands colours, and nothing where there is none.
func size(f *os.File) (columns, rows int) {
	handle := windows.Handle(f.Fd())
	var mode uint32
	var info windows.ConsoleScreenBufferInfo
	if windows.GetConsoleMode(handle, &mode) != nil || mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING == 0 ||
		windows.GetConsoleScreenBufferInfo(handle, &info) != nil {
		return 0, 0
	}
	return int(info.Window.Right-info.Window.Left) + 1, int(info.Window.Bottom-info.Window.Top) + 1
}

// SpeaksUTF8: Go writes to a console in UTF-16.
func SpeaksUTF8(func(string) string) bool { return true }
