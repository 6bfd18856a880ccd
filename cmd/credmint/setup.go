package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"credmint/helper/codecommit"
	"credmint/helper/shellword"
)

type setupCmd struct {
	AWS setupAWSCmd `cmd:"" name:"aws" help:"Make SDKs ask credmint for profiles that they mint themselves."`
	Git setupGitCmd `cmd:"" help:"Make git ask credmint: for CodeCommit's hosts, for others, or for all."`
}

type setupGitCmd struct {
	Host     []string `arg:"" optional:"" help:"Only these hosts: [PROTOCOL://]HOST[:PORT]. CodeCommit's, where it is left out."`
	Profile  string   `placeholder:"PROFILE" help:"The profile that signs; the environment's, where it is left out."`
	AllHosts bool     `help:"All other hosts too."`
	Windows  bool     `help:"In WSL: have git ask Windows's credmint, the credmint.exe on PATH."`
	DryRun   bool     `short:"n" help:"Show the lines and write nothing."`
	Yes      bool     `short:"y" help:"Write without asking."`
}

// allHosts is the list of helpers that git asks for every host.
const allHosts = "credential.helper"

// gitLine is one setting as `git config` takes it.
type gitLine struct{ key, value string }

// Run shows what it would write to the user's git config and which helpers that puts out of work, asks, and lets git
// write it.
func (c *setupGitCmd) Run(ctx context.Context, a *app) error {
	lines, err := c.lines(a)
	if err != nil {
		return err
	}
	config, err := readGitConfig(ctx)
	if err != nil {
		return err
	}
	if config.program == "" {
		return fmt.Errorf("git's config cannot be written: git is not installed")
	}
	for _, rival := range config.rivals(lines) {
		a.tell("instead of %s = %s (%s)", rival.key, rival.value, rival.origin)
		if name := helperName(rival.value); slices.Contains(append(importHelpers(), "store"), name) {
			a.tell("  `credmint import %s` moves the logins that it has", shellword.Quote(strings.Replace(name, "store", fromGitCredentials, 1)))
		}
	}
	if c.DryRun {
		return nil
	}
	if err := a.confirm(ctx, c.Yes, "Write this to your git config? [y/N]", "add --yes to write it without being asked"); err != nil {
		return err
	}
	if err := config.write(ctx, lines); err != nil {
		return err
	}
	a.tell("wrote your git config: `git config --global --list` shows it")
	return c.check(ctx, a, lines)
}

// lines shows and returns what is to stand in the config. What is for all hosts comes first: its reset would otherwise
// undo what is for single ones.
func (c *setupGitCmd) lines(a *app) ([]gitLine, error) {
	var lines []gitLine
	if c.AllHosts {
		all, err := helperCommand("", c.Windows)
		if err != nil {
			return nil, err
		}
		a.tell("[credential]\n  helper = \n  helper = %s", all)
		lines = append(lines, gitLine{allHosts, ""}, gitLine{allHosts, all})
	}
	sections, err := c.sections()
	if err != nil {
		return nil, err
	}
	for _, section := range sections {
		a.tell("[credential %q]", section.URL)
		for _, setting := range section.Settings {
			a.tell("  %s = %s", setting.Name, setting.Value)
			lines = append(lines, gitLine{section.Key(setting), setting.Value})
		}
	}
	return lines, nil
}

// sections are those of single hosts.
func (c *setupGitCmd) sections() ([]codecommit.Section, error) {
	helper, err := helperCommand(c.Profile, c.Windows)
	if err != nil {
		return nil, err
	}
	if len(c.Host) == 0 {
		return codecommit.Sections(helper), nil
	}
	var sections []codecommit.Section
	for _, text := range c.Host {
		host, err := gitHost{Host: text}.request()
		if err != nil {
			return nil, err
		}
		s := codecommit.Section{
			URL:      host.Protocol.Text() + "://" + host.Host.Text(),
			Settings: []codecommit.Setting{{Name: "helper"}, {Name: "helper", Value: helper}},
		}
		if _, ok := codecommit.ParseHost(host.Protocol.Text(), host.Host.Text()); ok {
			s.Settings = append(s.Settings, codecommit.Setting{Name: "useHttpPath", Value: "true"})
		}
		sections = append(sections, s)
	}
	return sections, nil
}

// check reads the config again, and warns of helpers that git would ask beside this one: those that are read later, from
// an included file.
func (c *setupGitCmd) check(ctx context.Context, a *app, lines []gitLine) error {
	config, err := readGitConfig(ctx)
	if err != nil {
		return err
	}
	told := map[gitConfigLine]bool{}
	for _, l := range lines {
		for _, other := range config.asked(l.key) {
			if _, ours := codecommit.HelperProfile(other.value); !ours && !told[other] {
				told[other] = true
				a.warn(fmt.Errorf("git asks another helper, too: %s = %s (%s); remove that line, or move it up", other.key, other.value, other.origin))
			}
		}
	}
	return nil
}

// helperCommand is this program, or Windows's, as git's config names it.
func helperCommand(profile string, windows bool) (string, error) {
	program, err := programPath(windows)
	if err != nil {
		return "", err
	}
	args := []string{"git"}
	if profile != "" {
		args = append(args, "--profile", profile)
	}
	return codecommit.HelperCommand(program, args...), nil
}
