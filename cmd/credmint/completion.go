package main

import (
	"context"
	"fmt"
	"slices"

	"credmint/cmd/credmint/completion"
	"credmint/cmd/credmint/kept"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish,powershell" help:"One of ${enum}."`
}

// Help says what to do with it.
func (completionCmd) Help() string {
	return `Write into ~/.bashrc, ~/.zshrc (after compinit), ~/.config/fish/config.fish, or PowerShell's $PROFILE:

	source <(credmint completion bash)
	source <(credmint completion zsh)
	credmint completion fish | source
	credmint completion powershell | Out-String | Invoke-Expression

Names of profiles come from the AWS config, and those of hosts from the index: neither the keychain nor AWS is asked.`
}

// Run prints the script.
func (c *completionCmd) Run(_ context.Context, a *app) error {
	_, err := fmt.Fprint(a.stdout, completion.Script(c.Shell))
	return err
}

// complete answers a shell's script and returns the exit code: 1 leaves it to the shell, which knows of files. Nothing is
// said: somebody is in the middle of a line.
func (a *app) complete(ctx context.Context, args []string) int {
	question, err := completion.Parse(args)
	if err != nil {
		return exitFailed
	}
	parser, err := a.parser()
	if err != nil {
		return exitFailed
	}
	words, files := completion.Words(parser.Model.Node, question.Args, a.names)
	if files && len(words) == 0 {
		return exitFailed
	}
	if _, err := a.stdout.Write(question.Answer(words)); err != nil {
		return exitFailed
	}
	return exitDone
}

// names are what a word of the command line may name, as its tag in the grammar says.
func (a *app) names(kind string) []completion.Word {
	switch kind {
	case "profile", "session":
		config, err := a.awsConfig()
		if err != nil {
			return nil
		}
		if kind == "session" {
			return about("[sso-session]", config.SSOSessions())
		}
		names, err := a.kept.ProfileNames(config)
		if err != nil {
			names = config.Names()
		}
		return about("", names)
	case "host", "sign-in":
		return about("", a.hostNames(kind == "sign-in"))
	case "device":
		return about("MFA device", a.deviceNames())
	case "store":
		return about("", a.storeNames())
	case "import-source":
		return about("", append(importFiles(), importHelpers()...))
	}
	return nil
}

func about(what string, names []string) []completion.Word {
	words := make([]completion.Word, len(names))
	for i, name := range names {
		words[i] = completion.Word{Text: name, About: what}
	}
	return words
}

// hostNames are those of git hosts that something is kept for, or where somebody signs in, which are written as URLs.
func (a *app) hostNames(signIns bool) []string {
	rows, err := a.gitRows()
	if err != nil {
		return nil
	}
	var names []string
	for _, r := range rows {
		switch {
		case !signIns:
			names = append(names, r.url())
		case r.Kind != storedLogin:
			names = append(names, r.Protocol+"://"+r.Host)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// deviceNames are the serials of the MFA devices whose seeds are kept.
func (a *app) deviceNames() []string {
	k, err := a.keychain()
	if err != nil {
		return nil
	}
	entries, err := k.List(kept.SeedPrefix)
	if err != nil {
		return nil
	}
	var serials []string
	for _, e := range entries {
		serials = append(serials, e.About[kept.AboutSerial])
	}
	return serials
}
