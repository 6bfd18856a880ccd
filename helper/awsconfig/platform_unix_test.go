//go:build unix

package awsconfig_test

import "syscall"

// Command lines as a shell has them.
const (
	openQuote = "a 'b"
	noProgram = "''"
)

func mkfifo(path string) error { return syscall.Mkfifo(path, 0o600) }
