package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/shellword"
)

type addCmd struct {
	Profile   string `arg:"" help:"The profile that gets the key."`
	Stdin     bool   `xor:"from" help:"Read the key's id and its secret from stdin, on two lines."`
	CSV       string `name:"csv" xor:"from" type:"path" placeholder:"FILE" help:"Read the key from the file the AWS console let you download."`
	Verify    bool   `default:"true" negatable:"" help:"Ask AWS whose key it is before it is stored."`
	AllowRoot bool   `help:"Store the root user's key all the same."`
	Config    bool   `default:"true" negatable:"" help:"Write the profile's credential_process line to ~/.aws/config."`
	Replace   bool   `help:"Replace another key stored for the profile, or another program's credential_process line."`
	Keychain  string `names:"store" placeholder:"STORE" help:"Which keychain to use from now on: os (the system's), file (an encrypted file), or another of \"credmint keychain list\"."`
}

// Run stores nothing before the key and the config have been looked at, and writes no line before the key is stored.
func (c *addCmd) Run(ctx context.Context, a *app) error {
	if err := a.knownStore(c.Keychain); err != nil {
		return err
	}
	a.kept.Choice = c.Keychain
	if _, err := a.awsConfig(); err != nil {
		return err
	}
	if err := c.mayReplace(a); err != nil {
		return err
	}
	if err := c.mayWrite(a); err != nil {
		return err
	}
	key, err := c.read(ctx, a)
	if err != nil {
		return err
	}
	record := keyRecord{ID: key.ID, Secret: key.Secret, Created: a.now().UTC().Format(time.RFC3339)}
	if c.Verify {
		if err := c.verify(ctx, a, key, &record); err != nil {
			return err
		}
	}
	k, err := a.keychain()
	if err != nil {
		return err
	}
	if err := k.Set(ctx, kept.KeyPrefix+c.Profile, record.encode(), record.about()); err != nil {
		return fmt.Errorf("profile %q: store the access key: %w", c.Profile, err)
	}
	a.tell("stored %s for profile %s%s", key, c.Profile, record.whose())
	if !c.Config {
		return nil
	}
	return c.writeConfig(a)
}

// mayReplace keeps a person from overwriting the only copy of another key.
func (c *addCmd) mayReplace(a *app) error {
	ref, found, err := a.keyRef(c.Profile)
	if err != nil || !found || c.Replace {
		return err
	}
	return advise(fmt.Errorf("profile %q has access key %s already", c.Profile, ref.ID),
		"run `credmint add --replace %s` to put another in its place", shellword.Argument(c.Profile))
}

// verify asks AWS whose key it is, and refuses the root user's.
func (c *addCmd) verify(ctx context.Context, a *app, key helper.AccessKey, record *keyRecord) error {
	id, err := a.identify(ctx, c.Profile, key)
	if err != nil {
		return advise(err, "nothing is stored; --no-verify stores a key without asking AWS")
	}
	record.Account, record.ARN = id.AccountID, id.ARN
	if root := (helper.KeyRef{UserARN: id.ARN}).Root(); root && !c.AllowRoot {
		return advise(fmt.Errorf("profile %q: this is the root user's key of account %s, which can do anything and cannot be limited", c.Profile, id.AccountID),
			"delete it in the console, make an IAM user or use Identity Center, and store that user's key; --allow-root insists")
	}
	return nil
}

// mayWrite looks whether the profile's line can be written, while nothing is half done.
func (c *addCmd) mayWrite(a *app) error {
	if !c.Config {
		return nil
	}
	command, err := processLine(c.Profile)
	if err != nil {
		return err
	}
	err = awsconfig.CheckProcess(awsconfig.ConfigFile(a.getenv, kept.Home()), c.Profile, command, c.Replace)
	if err == nil {
		return nil
	}
	told := fmt.Errorf("profile %q: nothing is stored: %w", c.Profile, err)
	switch {
	case errors.Is(err, awsconfig.ErrForeignProcess):
		return advise(told, "run `credmint add --replace %s`, or add --no-config and edit the line to: credential_process = %s",
			shellword.Argument(c.Profile), command)
	case a.getenv("AWS_CONFIG_FILE") != "":
		return advise(told, "AWS_CONFIG_FILE says where the line belongs: have it name a file, or add --no-config")
	}
	return advise(told, "--no-config stores the key without writing that line")
}

func (c *addCmd) writeConfig(a *app) error {
	command, err := processLine(c.Profile)
	if err != nil {
		return err
	}
	path := awsconfig.ConfigFile(a.getenv, kept.Home())
	changed, err := awsconfig.SetProcess(path, c.Profile, command, c.Replace)
	if err != nil {
		return fmt.Errorf("the key is stored, the profile's line is not written: %w", err)
	}
	if changed {
		a.tell("wrote to %s: credential_process = %s", path, command)
	}
	a.tell("try it: aws sts get-caller-identity --profile=%s", shellword.Quote(c.Profile))
	return nil
}
