//go:build linux

package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// writeProgram makes the file at path a program, a new file where there is one. No test may start a process meanwhile: it would
// have the program open for writing until it is another program, and Linux runs none that somebody writes to.
func writeProgram(path string, text []byte) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o700)
}

// writeScripts is writeProgram for each shell script below dir, which others have written.
func writeScripts(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(text, []byte("#!")) {
			return err
		}
		return writeProgram(path, text)
	})
}
