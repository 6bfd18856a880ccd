package platformtest

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

// KeepsModes is false: of a mode there is no more than whether a file can be written, and the rest is its access list's.
const KeepsModes = false

// Abs is an absolute path: `C:\k.pem` for "/k.pem".
func Abs(path string) string { return filepath.FromSlash("C:" + path) }

// isWine asks as Wine's documents say.
func isWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}
