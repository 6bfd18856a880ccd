// Package caller tells which programs this one was started by. That is for people to read, and for rules that save them
// from mistakes: a program can call itself what it likes.
package caller

import (
	"iter"
	"os"
	"slices"
	"strings"
)

// maxAncestors bounds the walk. A terminal is rarely as far away.
const maxAncestors = 16

// Process is a program that runs.
type Process struct {
	Name   string // as the system has it: Linux keeps 15 characters of a name, macOS 16
	Leader bool   // of a session with a terminal: a shell that is one is a person's
}

// Ancestors are the programs that this one was started by, the nearest first. There are none where the system does not tell.
// Each is looked up when it is asked for.
func Ancestors() iter.Seq[Process] {
	return func(yield func(Process) bool) {
		pid := os.Getppid()
		for range maxAncestors {
			p, parent, ok := look(pid)
			if !ok || !yield(p) || parent <= 0 {
				return
			}
			pid = parent
		}
	}
}

// Program is the one that asked, and its parent: the nearest ancestors that are no shells, several SDKs running credmint by
// way of one; or the shell in which a person typed the command. Empty where there is none.
func Program(ancestors iter.Seq[Process]) (program, parent string) {
	for p := range ancestors {
		typed := p.Leader && isShell(p.Name)
		name := strings.TrimPrefix(p.Name, "-") // a login shell's
		switch {
		case isShell(p.Name) && !typed:
		case program == "":
			program = name
		default:
			return program, name
		}
		if typed {
			break // behind it is the terminal
		}
	}
	return program, ""
}

func isShell(name string) bool {
	name = strings.TrimSuffix(strings.ToLower(strings.TrimPrefix(name, "-")), ".exe") // a login shell's begins with a dash
	return slices.Contains([]string{"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "busybox", "cmd", "powershell", "pwsh", "nu"}, name)
}
