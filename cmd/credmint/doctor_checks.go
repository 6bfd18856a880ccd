package main

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/doctor"
	"credmint/helper/filelock"
	"credmint/helper/shellword"
	"credmint/keychain/oskeychain"
)

// checks are what doctor looks at, in the order in which it tells of them. Each is a type in a file of its own; a new one is
// a line here.
func (a *app) checks(network bool) []doctor.Check {
	checks := []doctor.Check{
		programCheck{a.alone()},
		keychainCheck{a.alone()},
		configCheck{a.alone("AWS_REGION", "AWS_DEFAULT_REGION")}, // which would hide what the profiles say
		processCheck{a.alone("AWS_REGION", "AWS_DEFAULT_REGION")},
		environmentCheck{a.alone()},
		permissionsCheck{a.alone()},
		plaintextCheck{a.alone()},
		gitCheck{a.alone()},
		dockerCheck{a.alone()},
	}
	if inWSL(a.getenv) {
		checks = append(checks, wslCheck{a.alone()})
	}
	if network {
		checks = append(checks, clockCheck{a.alone()})
	}
	return checks
}

// alone is an app of a check's own, which shares nothing that is opened, sees none of the hidden variables, and can ask
// nobody: not on a terminal, and not by way of a desktop that would unlock the keychain.
func (a *app) alone(hidden ...string) *app {
	own := &app{stdin: strings.NewReader(""), stdout: a.stderr, stderr: a.stderr, now: a.now, asker: nobody{}}
	own.getenv = without(a.getenv, hidden...)
	own.kept = &kept.World{
		Getenv: own.getenv, Now: a.now, NewLock: filelock.New, Random: rand.Reader,
		OS: oskeychain.Open(without(a.getenv, "DISPLAY", "WAYLAND_DISPLAY")), Other: own.otherStore,
	}
	return own
}

func without(getenv func(string) string, hidden ...string) func(string) string {
	return func(name string) string {
		if slices.Contains(hidden, name) {
			return ""
		}
		return getenv(name)
	}
}

func fine(format string, args ...any) doctor.Finding    { return found(doctor.Fine, format, args) }
func note(format string, args ...any) doctor.Finding    { return found(doctor.Note, format, args) }
func warning(format string, args ...any) doctor.Finding { return found(doctor.Warning, format, args) }
func fault(format string, args ...any) doctor.Finding   { return found(doctor.Fault, format, args) }

func found(level doctor.Level, format string, args []any) doctor.Finding {
	return doctor.Finding{Level: level, What: fmt.Sprintf(format, args...)}
}

// byFix is the mend of what --fix mends.
const byFix = "credmint doctor --fix"

// at says where a finding is, and gives it a mend.
func at(f doctor.Finding, set helper.Setting, mend string) doctor.Finding {
	f.File, f.Line, f.Mend = set.File, set.Line, mend
	return f
}

// editLine opens an editor at a line that only a person can put right.
func editLine(set helper.Setting) string {
	switch {
	case runtime.GOOS == "windows":
		return "notepad " + shellPath(set.File)
	case set.Line == 0:
		return "${EDITOR:-vi} " + shellPath(set.File)
	}
	return fmt.Sprintf("${EDITOR:-vi} +%d %s", set.Line, shellPath(set.File))
}

// replaceInLine changes a word of a line, which must be plain: letters, digits, and what means nothing to sed or a shell.
func replaceInLine(set helper.Setting, from, to string) string {
	if runtime.GOOS == "windows" || !isPlain(from+to) {
		return fmt.Sprintf("write %s in the place of %s", to, from)
	}
	return fmt.Sprintf("sed -i.bak '%ds/%s/%s/' %s", set.Line, from, to, shellPath(set.File))
}

func isPlain(s string) bool {
	return strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-@ ") == ""
}

// shellPath is a path as a person types it.
func shellPath(path string) string {
	if short := filepath.ToSlash(tilde(path)); strings.HasPrefix(short, "~/") && shellword.Quote(short[1:]) == short[1:] {
		return short
	}
	return shellword.Quote(filepath.ToSlash(path))
}
