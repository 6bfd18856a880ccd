//go:build unix

package platformtest

// KeepsModes: a file has the mode that it was given.
const KeepsModes = true

// Abs is an absolute path: "/k.pem".
func Abs(path string) string { return path }

func isWine() bool { return false }
