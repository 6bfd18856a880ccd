// Package caller tells which programs this one was started by. That is for people to read, and for rules that save them
// from mistakes: a program can call itself what it likes.
package caller

import (
	"os"
	"slices"
	"strings"
)

// maxAncestors bounds the walk. A terminal is rarely as far away.
const maxAncestors = 16

// Ancestors are the names of the programs that this one was started by, the nearest first, as the system has them: Linux
// keeps 15 characters of a name, macOS 16. There are none where the system does not tell.
func Ancestors() []string {
	var names []string
	for pid := os.Getppid(); pid > 0 && len(names) < maxAncestors; {
		name, parent, ok := look(pid)
		if !ok {
			break
		}
		names = append(names, name)
		pid = parent
	}
	return names
}

// Program is the one that asked, and its parent: the nearest ancestors that are no shells. Several SDKs run credmint by way
// of one. Empty where there is none.
func Program(ancestors []string) (program, parent string) {
	for _, name := range ancestors {
		switch {
		case isShell(name):
		case program == "":
			program = name
		default:
			return program, name
		}
	}
	return program, ""
}

func isShell(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(strings.TrimPrefix(name, "-")), ".exe") // a login shell's begins with a dash
	return slices.Contains([]string{"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "busybox", "cmd", "powershell", "pwsh", "nu"}, name)
}
