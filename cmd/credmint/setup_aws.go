package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"credmint/cmd/credmint/kept"
	"credmint/helper/awsconfig"
)

type setupAWSCmd struct {
	Profile []string `arg:"" optional:"" help:"Only these profiles; all that credmint can mint for, where they are left out."`
	Windows bool     `help:"In WSL: have SDKs ask Windows's credmint, the credmint.exe on PATH, for these profiles of Windows's AWS config."`
	DryRun  bool     `short:"n" help:"Show the lines and write nothing."`
	Yes     bool     `short:"y" help:"Write without asking."`
}

// Help says what becomes of a profile.
func (setupAWSCmd) Help() string {
	return `A profile that says how to mint its session (role_arn, sso_session and others) is given a credential_process line, and
these settings the prefix credmint_: SDKs would follow them without looking at that line. Every other byte stays. Programs
ask for the same profile as before, and are the same identity.`
}

// adoption is what is written for one profile.
type adoption struct {
	profile string
	process string
	renamed []string // settings that are given the prefix
}

// Run shows what it would write to the shared config file, asks, and writes it.
func (c *setupAWSCmd) Run(ctx context.Context, a *app) error {
	config, err := a.awsConfig()
	if err != nil {
		return err
	}
	adopt := a.adopt
	names := c.Profile
	switch {
	case c.Windows && len(names) == 0:
		return advise(errors.New("which profiles Windows has is not known here"), "name them: `credmint.exe list` shows them")
	case c.Windows:
		adopt = fromWindows
	case len(names) == 0:
		names = config.Names()
	}
	var adopted []adoption
	for _, name := range names {
		found, err := adopt(config, name)
		switch {
		case err != nil && len(c.Profile) > 0:
			return err
		case err != nil && !errors.Is(err, awsconfig.ErrNoProfile): // a section of settings for others, such as a region
			a.say("left alone", err.Error())
		case found.process != "":
			adopted = append(adopted, found)
		}
	}
	if len(adopted) == 0 {
		a.tell("there is nothing to write: see `credmint list` for the profiles, and `credmint doctor` for what is wrong with one")
		return nil
	}
	for _, one := range adopted {
		one.show(a)
	}
	if c.DryRun {
		return nil
	}
	path := awsconfig.ConfigFile(a.getenv, kept.Home())
	if err := a.confirm(ctx, c.Yes, fmt.Sprintf("Write this to %s? [y/N]", path), "add --yes to write it without being asked"); err != nil {
		return err
	}
	for _, one := range adopted {
		if err := one.write(path); err != nil {
			return err
		}
	}
	a.tell("wrote %s", path)
	if c.Windows {
		a.tell("SDKs read the region here, too, and not in Windows's config: give each profile a line `region = …`")
	}
	return nil
}

// adopt finds out what is to be written for a profile: nothing where SDKs ask credmint already.
func (a *app) adopt(config *awsconfig.Config, name string) (adoption, error) {
	if _, err := a.profile(name); err != nil {
		return adoption{}, err
	}
	own, err := config.Own(name)
	if err != nil {
		return adoption{}, err
	}
	asked, first, err := config.Asked(name)
	if err != nil || asked && first == nil {
		return adoption{}, err
	}
	if _, ours := awsconfig.OwnProcess(own.Process); own.Process != "" && !ours {
		return adoption{}, advise(fmt.Errorf("profile %q: %w: %s", name, awsconfig.ErrForeignProcess, own.Process),
			"write that line as credmint_credential_process to have credmint keep what it mints")
	}
	if own.Key {
		return adoption{}, advise(fmt.Errorf("profile %q: SDKs use the access key that lies in the files", name), takeKeys)
	}
	if set := own.Twice; set != nil {
		return adoption{}, advise(fmt.Errorf("%s:%d: profile %q: %s cannot become credmint_%[4]s, which stands there already", set.File, set.Line, name, set.Name),
			"remove one of the two: credmint follows the one with the prefix, SDKs the other")
	}
	found := adoption{profile: name}
	path := awsconfig.ConfigFile(a.getenv, kept.Home())
	for _, set := range own.Before {
		if set.File != path {
			return adoption{}, fmt.Errorf("%s:%d: profile %q: SDKs read %s there: move it to %s", set.File, set.Line, name, set.Name, path)
		}
		found.renamed = append(found.renamed, set.Name)
	}
	found.process, err = processLine(name)
	return found, err
}

func (d adoption) show(a *app) {
	header := "profile " + d.profile
	if d.profile == "default" {
		header = d.profile
	}
	lines := []string{"[" + header + "]", "  credential_process = " + d.process}
	for _, name := range d.renamed {
		lines = append(lines, "  "+name+" becomes credmint_"+name)
	}
	a.tell("%s", strings.Join(lines, "\n"))
}

// names are those that the renamed settings get.
func (d adoption) names() string {
	names := make([]string, len(d.renamed))
	for i, name := range d.renamed {
		names[i] = "credmint_" + name
	}
	return strings.Join(names, ", ")
}

// write has the line there before SDKs stop to follow the rest: whoever asks in between is answered in one way or the other.
func (d adoption) write(path string) error {
	if _, err := awsconfig.SetProcess(path, d.profile, d.process, false); err != nil {
		return err
	}
	for _, name := range d.renamed {
		if _, err := awsconfig.Rename(path, d.profile, name, "credmint_"+name); err != nil {
			return err
		}
	}
	return nil
}
