package awsconfig_test

import "os"

// What AWS's CLI splits otherwise on Windows, where single quotes are none: see splitWindows.
const (
	openQuote = `a "b`
	noProgram = `""`
)

// mkfifo plants a directory where there are no FIFOs.
func mkfifo(path string) error { return os.Mkdir(path, 0o700) }
