//go:build !unix

package awsconfig_test

import "os"

// mkfifo plants a directory where there are no FIFOs.
func mkfifo(path string) error { return os.Mkdir(path, 0o700) }
