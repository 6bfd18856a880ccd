package main

import (
	"context"
	"errors"
	"fmt"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/mint"
)

// consoleLogin mints for people who sign in to the console.
func (a *app) consoleLogin(wanted string, network *mint.Network) *mint.Login {
	return &mint.Login{
		Secrets: a.secrets(), CLI: mint.LoginCache{Dir: awsconfig.LoginCache(a.getenv, kept.Home())},
		Person: a.person, For: wanted, Anew: a.anew, Now: a.now, Warn: a.warn, Network: network,
	}
}

// firstLogin has somebody sign in to the console, makes the profile theirs, and keeps the sign-in: what `aws login` does.
func (c *loginCmd) firstLogin(ctx context.Context, a *app) error {
	name := a.profileName(c.Name)
	command, err := processLine(name)
	if err != nil {
		return err
	}
	first, err := a.mayBecomeLogin(name)
	if err != nil {
		return err
	}
	path := awsconfig.ConfigFile(a.getenv, kept.Home())
	if err := awsconfig.CheckProcess(path, name, command, true); err != nil {
		return fmt.Errorf("profile %q: nobody is asked to sign in: %w", name, err)
	}
	login := a.consoleLogin(name, a.network())
	in, err := login.SignIn(ctx, first.Profile)
	if err != nil {
		return err
	}
	a.tell("%s: %s signed in", name, in.ARN)
	if err := c.mayBe(ctx, a, first, in.ARN); err != nil {
		return err
	}
	if err := a.writeLogin(name, command, first.Setting, in.ARN); err != nil {
		return err
	}
	p, err := a.reloadedProfile(name)
	if err != nil {
		return err
	}
	if p.Kind != helper.Login || p.Identity() != in.ARN {
		return fmt.Errorf("profile %q: its other settings go before %s", name, first.Setting)
	}
	if err := login.Keep(ctx, p, in); err != nil {
		return err
	}
	if err := a.sessions().Put(ctx, p.Key(), in.Session); err != nil {
		a.warn(err)
	}
	a.tellSignedIn(p, in.Session)
	return nil
}

// mayBecomeLogin refuses profiles that get their sessions in another way, which would go before the sign-in.
func (a *app) mayBecomeLogin(name string) (awsconfig.FirstLogin, error) {
	p, err := a.profile(name)
	if err == nil && p.Kind != helper.Login {
		return awsconfig.FirstLogin{}, advise(fmt.Errorf("profile %q has sessions of another kind already: %s", name, p.Kind),
			"choose another name, or remove those settings first")
	}
	config, err := a.awsConfig()
	if err != nil {
		return awsconfig.FirstLogin{}, err
	}
	return config.FirstLogin(name)
}

// mayBe refuses the root user, and asks before another identity takes the profile over.
func (c *loginCmd) mayBe(ctx context.Context, a *app, first awsconfig.FirstLogin, arn string) error {
	if helper.IsRoot(arn) && !first.Root {
		return advise(fmt.Errorf("profile %q: this is the root user, who can do anything and cannot be limited", first.Profile.Name),
			"sign in as somebody else, or insist with credmint_allow_root = true in [profile %s]", first.Profile.Name)
	}
	if first.Was == "" || first.Was == arn {
		return nil
	}
	question := fmt.Sprintf("Profile %s is %s so far. Make it %s [y/N]", first.Profile.Name, first.Was, arn)
	return a.confirm(ctx, c.Yes, question, "add --yes to write it without being asked")
}

// writeLogin writes the profile's lines: who signs in, and that SDKs ask credmint unless they look at the sign-in first.
func (a *app) writeLogin(profile, command, setting, arn string) error {
	path := awsconfig.ConfigFile(a.getenv, kept.Home())
	changed, err := awsconfig.Set(path, profile, setting, arn)
	if err != nil {
		return err
	}
	if changed {
		a.tell("wrote to %s: %s = %s", path, setting, arn)
	}
	if setting == awsconfig.LoginSetting {
		return nil
	}
	changed, err = awsconfig.SetProcess(path, profile, command, false)
	switch {
	case errors.Is(err, awsconfig.ErrForeignProcess):
		return advise(err, "to have SDKs ask credmint, edit the line to: credential_process = %s", command)
	case err != nil:
		return err
	case changed:
		a.tell("wrote to %s: credential_process = %s", path, command)
	}
	return nil
}

// reloadedProfile resolves a profile from files that this process has changed.
func (a *app) reloadedProfile(name string) (*helper.Profile, error) {
	a.kept.Reload()
	return a.profile(name)
}
