package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"credmint/helper/codecommit"
)

type setupCmd struct {
	Git setupGitCmd `cmd:"" help:"Make git ask credmint: for CodeCommit's hosts, or for all."`
}

type setupGitCmd struct {
	Profile  string `help:"The profile that signs; the environment's, where it is left out."`
	AllHosts bool   `help:"Keep the passwords of all other hosts too."`
	DryRun   bool   `short:"n" help:"Show the lines and write nothing."`
	Yes      bool   `short:"y" help:"Write without asking."`
}

// allHosts is the list of helpers that git asks for every host.
const allHosts = "credential.helper"

// gitLine is one setting as `git config` takes it.
type gitLine struct{ key, value string }

// Run shows what it would write to the user's git config, asks, and lets git write it.
func (c *setupGitCmd) Run(ctx context.Context, a *app) error {
	helper, err := helperCommand(c.Profile)
	if err != nil {
		return err
	}
	var lines []gitLine
	for _, section := range codecommit.Sections(helper) {
		a.tell("[credential %q]", section.URL)
		for _, setting := range section.Settings {
			a.tell("  %s = %s", setting.Name, setting.Value)
			lines = append(lines, gitLine{section.Key(setting), setting.Value})
		}
	}
	if c.AllHosts {
		all, err := helperCommand("")
		if err != nil {
			return err
		}
		a.tell("[credential]\n  helper = %s", all)
		lines = append(lines, gitLine{allHosts, all})
	}
	if c.DryRun {
		return nil
	}
	if err := a.confirm(ctx, c.Yes, "Write this to your git config? [y/N]", "add --yes to write it without being asked"); err != nil {
		return err
	}
	return writeGitConfig(ctx, lines)
}

// writeGitConfig replaces what an earlier run wrote for the same hosts, so that running it twice changes nothing.
func writeGitConfig(ctx context.Context, lines []gitLine) error {
	git, err := gitProgram()
	if err != nil {
		return err
	}
	cleared := map[string]bool{}
	for _, l := range lines {
		if l.key == allHosts {
			if err := addOnce(ctx, git, l); err != nil {
				return err
			}
			continue
		}
		if !cleared[l.key] {
			cleared[l.key] = true
			if err := runGit(ctx, git, 5, "config", "--global", "--unset-all", l.key); err != nil { // 5: nothing to unset
				return err
			}
		}
		if err := runGit(ctx, git, 0, "config", "--global", "--add", l.key, l.value); err != nil {
			return err
		}
	}
	return nil
}

// addOnce appends a helper for all hosts after those that are there.
func addOnce(ctx context.Context, git string, l gitLine) error {
	out, err := exec.CommandContext(ctx, git, "config", "--global", "--get-all", l.key).Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("read git's config: %w", err)
	}
	for _, value := range strings.Split(string(out), "\n") {
		if value == l.value {
			return nil
		}
	}
	return runGit(ctx, git, 0, "config", "--global", "--add", l.key, l.value)
}

func runGit(ctx context.Context, git string, alsoFine int, args ...string) error {
	cmd := exec.CommandContext(ctx, git, args...)
	cmd.Stderr = os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == alsoFine {
		return nil
	}
	if err != nil {
		return fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// helperCommand is this program as git's config names it.
func helperCommand(profile string) (string, error) {
	self, err := selfPath()
	if err != nil {
		return "", err
	}
	args := []string{"git"}
	if profile != "" {
		args = append(args, "--profile", profile)
	}
	return codecommit.HelperCommand(self, args...), nil
}
