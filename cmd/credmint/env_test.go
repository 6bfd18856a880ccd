package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"credmint/helper/platformtest"
)

// hostile are values that a shell could do something with.
func hostile() []variable {
	values := []string{
		"plain", "", " a  b ", "it's", `"quoted"`, `back\slash\`, `'`, `''\'''`, "$HOME ${HOME} $(echo no) `echo no`", "%PATH%!x!^", "#no", "a\nb",
		"*?[a]{b,c}~", "‘typographic’ ‚quotes‛", ";&|<>()", "-n", "ünïcode", "AQoDYXdzEJr+/=",
	}
	var vars []variable
	for i, value := range values {
		vars = append(vars, variable{fmt.Sprintf("V%d", i), value})
	}
	return vars
}

// A shell that reads the lines has the very values, and the others no longer.
func TestLinesInShells(t *testing.T) {
	print := map[string]string{
		"sh":         `printf '%s\0' "${OTHER-removed}"`,
		"fish":       `set -q OTHER; and printf 'kept\0'; or printf 'removed\0'`,
		"powershell": `[Console]::OutputEncoding = [Text.Encoding]::UTF8; [Console]::Write($(if ($env:OTHER) {'kept'} else {'removed'}) + [char]0)`,
	}
	each := map[string]string{
		"sh": `; printf '%%s\0' "$%s"`, "fish": `; printf '%%s\0' $%s`, "powershell": `; [Console]::Write($env:%s + [char]0)`,
	}
	for shell, format := range shells {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Logf("%s is not here to be tried: install it", shell)
				return
			}
			if shell == "powershell" {
				platformtest.NotOnWine(t, "its PowerShell does nothing")
			}
			vars := hostile()
			text, err := lines(format, vars, []string{"OTHER"})
			if err != nil {
				t.Fatal(err)
			}
			script, want := text+print[format], "removed\x00"
			for _, v := range vars {
				script += fmt.Sprintf(each[format], v.name)
				want += v.value + "\x00"
			}
			cmd := exec.Command(path, "-c", script)
			cmd.Env = append(cmd.Environ(), "OTHER=x", "LANG=C.UTF-8")
			if out, err := cmd.CombinedOutput(); err != nil || string(out) != want {
				t.Errorf("%v\n%q\nwant\n%q", err, out, want)
			}
		})
	}
}

// Where a language has no spelling that all its readers agree on there is an error, and no line.
func TestLinesRefused(t *testing.T) {
	session := []variable{{"A", "AQoDYXdzEJr+/="}, {"B", "2026-01-02T03:04:05Z"}}
	for format, want := range map[string]string{
		"cmd":    "set \"X=\"\r\nset \"A=AQoDYXdzEJr+/=\"\r\nset \"B=2026-01-02T03:04:05Z\"\r\n",
		"dotenv": "A=AQoDYXdzEJr+/=\nB=2026-01-02T03:04:05Z\n",
	} {
		if got, err := lines(format, session, []string{"X"}); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", format, got, err, want)
		}
	}
	for format, values := range map[string][]string{
		"cmd": {"%PATH%", "!x!", `"`, "a\nb", "a\rb", "ü"}, "dotenv": {"a b", "it's", "#x", "$x", "a\nb", `"`, `\`},
	} {
		for _, value := range values {
			if got, err := lines(format, []variable{{"A", value}}, nil); err == nil || got != "" || strings.Contains(err.Error(), value) {
				t.Errorf("%s %q: %q, %v", format, value, got, err)
			}
		}
	}
}

func TestShellFormat(t *testing.T) {
	for _, test := range []struct{ system, shell, want string }{
		{"linux", "/bin/bash", "sh"},
		{"darwin", "/bin/zsh", "sh"},
		{"linux", "/usr/bin/fish", "fish"},
		{"linux", "/usr/bin/pwsh", "powershell"},
		{"linux", "/bin/tcsh", ""},
		{"linux", "", ""},
		{"windows", "", "powershell"},
		{"windows", "/usr/bin/bash.exe", "sh"},
	} {
		if got := shellFormat(test.system, test.shell); got != test.want {
			t.Errorf("%s, %q: %q, want %q", test.system, test.shell, got, test.want)
		}
	}
}
