package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/term"

	"credmint/helper/shellword"
)

type envCmd struct {
	Profile string `arg:"" optional:"" help:"Whose session to print."`
	Format  string `short:"f" placeholder:"FORMAT" enum:",sh,fish,powershell,cmd,dotenv,json" default:"" help:"One of sh, fish, powershell, cmd, dotenv and json; what $$SHELL takes, or PowerShell on Windows, where it is left out."`
	Force   bool   `help:"Print secrets to a terminal."`
}

// Run prints what makes a shell the profile until the session ends: variables, and the removal of those that it has which
// would make it somebody else.
func (c *envCmd) Run(ctx context.Context, a *app) error {
	format := cmp.Or(c.Format, shellFormat(runtime.GOOS, a.getenv("SHELL")))
	if format == "" {
		return &usageError{errors.New("nothing says for which shell: give --format sh, fish, powershell, cmd, dotenv or json")}
	}
	if out, ok := a.stdout.(*os.File); ok && term.IsTerminal(int(out.Fd())) && !c.Force {
		return &usageError{advise(errors.New("what would be shown on the terminal is secret"),
			"in sh: eval \"$(credmint env %s)\"; or let `credmint exec %[1]s` start a shell; --force shows it", shellword.Argument(cmp.Or(c.Profile, "PROFILE")))}
	}
	p, s, err := a.picked(ctx, c.Profile)
	if err != nil {
		return err
	}
	region, err := a.regionVariables(p.Name)
	if err != nil {
		return err
	}
	vars := append(plainVariables(s), region...)
	if format == "json" {
		document := map[string]string{}
		for _, v := range vars {
			document[v.name] = v.value
		}
		return a.printJSON(document)
	}
	if a.getenv(profileVariable) != "" && format != "dotenv" { // a shell of credmint's, whose prompt shows it
		vars = append(vars, variable{profileVariable, p.Name})
	}
	text, err := lines(format, vars, slices.DeleteFunc(rivals(vars), func(name string) bool { return a.getenv(name) == "" }))
	if err != nil {
		return err
	}
	_, err = io.WriteString(a.stdout, text)
	return err
}

// shellFormat is what a person's shell reads, and empty where that is not known.
func shellFormat(system, shell string) string {
	switch name := strings.TrimSuffix(filepath.Base(shell), ".exe"); name {
	case "sh", "bash", "zsh", "dash", "ksh", "mksh", "ash", "busybox":
		return "sh"
	case "fish":
		return name
	case "pwsh", "powershell":
		return "powershell"
	}
	if system == "windows" {
		return "powershell"
	}
	return ""
}
