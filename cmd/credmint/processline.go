package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// processLine is the credential_process command of a profile, with the absolute path of this program: SDKs in services
// and desktop programs have another PATH.
func processLine(profile string) (string, error) {
	self, err := selfPath()
	if err != nil {
		return "", err
	}
	program, name := programWord(self), quoteWord(profile)
	if strings.HasPrefix(program, `"`) && name != profile {
		name = escapeSpaces(profile)
	}
	return program + " aws " + name, checkWord(profile)
}

// selfPath prefers the name on PATH to the file behind it, which may carry a version that the next upgrade removes.
func selfPath() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program's own path: %w", err)
	}
	found, err := exec.LookPath("credmint")
	if err != nil || !filepath.IsAbs(found) {
		return self, nil
	}
	here, err1 := os.Stat(self)
	there, err2 := os.Stat(found)
	if err1 == nil && err2 == nil && os.SameFile(here, there) {
		return found, nil
	}
	return self, nil
}

// checkWord refuses what the SDKs' different ways to split a command (a shell, shlex, white space) read differently.
func checkWord(s string) error {
	if strings.ContainsAny(s, "\"'`$\\!*?&|;<>(){}[]#~%\r\n\t") || strings.HasPrefix(s, "-") {
		return fmt.Errorf("%q: a profile's name with such characters means different things to different SDKs", s)
	}
	return nil
}

func quoteWord(s string) string {
	if strings.Contains(s, " ") {
		return `"` + s + `"`
	}
	return s
}
