package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"credmint/helper/gitcred"
)

type codecommitCreateCmd struct {
	gitUser
	Region []string `help:"Keep them for this region's host; the profile's, where it is left out. They are good in all."`
	CSV    string   `name:"csv" type:"path" placeholder:"FILE" help:"Make none: keep those in the file the AWS console let you download."`
}

// Run has IAM make them and keeps them, or takes them from the console's file.
func (c *codecommitCreateCmd) Run(ctx context.Context, a *app) error {
	if err := c.pick(ctx, a); err != nil {
		return err
	}
	hosts, err := a.codecommitHosts(c.Profile, c.Region)
	if err != nil {
		return err
	}
	if c.CSV != "" {
		return c.take(ctx, a, hosts)
	}
	credentials, err := c.open(ctx, a)
	if err != nil {
		return err
	}
	made, err := credentials.Create(ctx)
	if err != nil {
		return err
	}
	err = a.keepLogin(ctx, hosts, made.UserName, made.Password)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s was made, and its password could not be kept: %w", made.UserName, err)
	if undone := credentials.Delete(context.WithoutCancel(ctx), made.ID); undone != nil { // else nobody could ever use it
		return errors.Join(err, undone)
	}
	return fmt.Errorf("%w; it is deleted again", err)
}

// take keeps what the console has made.
func (c *codecommitCreateCmd) take(ctx context.Context, a *app, hosts []string) error {
	values, err := consoleCSV(c.CSV, "User name", "Password")
	if err != nil {
		return err
	}
	if !regexp.MustCompile(`^.+-at-[0-9]{12}$`).MatchString(values[0]) {
		return advise(fmt.Errorf("%s holds no HTTPS Git credentials: their user name looks like alice-at-111111111111", c.CSV),
			"a user's password for the console is not one for git")
	}
	if err := a.keepLogin(ctx, hosts, values[0], gitcred.Some(values[1])); err != nil {
		return err
	}
	a.tell("remove %s now: the password is in it", c.CSV)
	return nil
}
