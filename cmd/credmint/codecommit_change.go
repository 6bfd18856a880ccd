package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"credmint/helper/mint"
	"credmint/helper/shellword"
)

type codecommitListCmd struct {
	gitUser
	JSON bool `name:"json" help:"Print JSON."`
}

// gitCredentialRow is what the list shows of one; none of it is secret.
type gitCredentialRow struct {
	UserName string    `json:"user_name"`
	ID       string    `json:"id"`
	Active   bool      `json:"active"`
	Created  time.Time `json:"created"`
	KeptFor  []string  `json:"kept_for"` // hosts
}

func (c *codecommitListCmd) Run(ctx context.Context, a *app) error {
	credentials, err := c.open(ctx, a)
	if err != nil {
		return err
	}
	all, err := credentials.List(ctx)
	if err != nil {
		return err
	}
	rows := make([]gitCredentialRow, 0, len(all))
	for _, each := range all {
		r := gitCredentialRow{each.UserName, each.ID, each.Active, each.Created.UTC(), []string{}}
		hosts, err := a.keptFor(each.UserName)
		if err != nil {
			return err
		}
		r.KeptFor = append(r.KeptFor, hosts...)
		rows = append(rows, r)
	}
	if c.JSON {
		return a.printJSON(rows)
	}
	if len(rows) == 0 {
		a.tell("%s has no HTTPS Git credentials: `credmint codecommit create` makes them", credentials.User)
		return nil
	}
	t := a.table("USER NAME", "ID", "STATUS", "MADE", "KEPT FOR")
	for _, r := range rows {
		status := "active"
		if !r.Active {
			status = "inactive"
		}
		t.row(r.UserName, r.ID, status, ago(a.now().Sub(r.Created)), orDash(strings.Join(r.KeptFor, ", ")))
	}
	return t.Flush()
}

// oneOf names one of a user's credentials.
type oneOf struct {
	gitUser
	Name string `arg:"" optional:"" help:"Its user name or id; the only one, where it is left out."`
	Yes  bool   `short:"y" help:"Do not ask."`
}

func (c *oneOf) find(ctx context.Context, a *app) (*mint.GitCredentials, mint.GitCredential, error) {
	credentials, err := c.open(ctx, a)
	if err != nil {
		return nil, mint.GitCredential{}, err
	}
	all, err := credentials.List(ctx)
	if err != nil {
		return nil, mint.GitCredential{}, err
	}
	one, err := choose(all, c.Name)
	return credentials, one, err
}

type codecommitResetCmd struct {
	oneOf
	Region []string `help:"Where it is not kept yet: keep it for this region's host; the profile's, where it is left out."`
}

// Run lets IAM make a new password only once the keychain has shown that it takes one: the old password is worth nothing
// from then on, and the new one is told once. The old one is forgotten when the new one has been read back.
func (c *codecommitResetCmd) Run(ctx context.Context, a *app) error {
	credentials, one, err := c.find(ctx, a)
	if err != nil {
		return err
	}
	hosts, err := a.keptFor(one.UserName)
	if err == nil && len(hosts) == 0 {
		hosts, err = a.codecommitHosts(c.Profile, c.Region)
	}
	if err != nil {
		return err
	}
	question := fmt.Sprintf("Give %s a new password? The old one ends at once, everywhere [y/N]", one.UserName)
	if err := a.confirm(ctx, c.Yes, question, "add --yes to reset it without being asked"); err != nil {
		return err
	}
	if err := a.probeKeychain(ctx); err != nil {
		return fmt.Errorf("the password is not reset: %w", err)
	}
	reset, err := credentials.Reset(ctx, one.ID)
	if err != nil {
		return err
	}
	if err := a.keepLogin(ctx, hosts, reset.UserName, reset.Password); err != nil {
		return advise(fmt.Errorf("%s has a new password, which could not be kept: %w", reset.UserName, err),
			"when that is mended, run `credmint codecommit reset` again")
	}
	return nil
}

// probeKeychain writes something of no value, and removes it again.
func (a *app) probeKeychain(ctx context.Context) error {
	k, err := a.keychain()
	if err != nil {
		return err
	}
	const name = "probe"
	if err := k.Set(ctx, name, []byte(name), nil); err != nil {
		return err
	}
	return k.Delete(ctx, name)
}

type codecommitDeleteCmd struct{ oneOf }

// Run ends it in IAM first: what is left in the keychain if the rest fails opens nothing any more.
func (c *codecommitDeleteCmd) Run(ctx context.Context, a *app) error {
	credentials, one, err := c.find(ctx, a)
	if err != nil {
		return err
	}
	question := fmt.Sprintf("Delete the HTTPS Git credentials %s (%s)? [y/N]", one.UserName, one.ID)
	if err := a.confirm(ctx, c.Yes, question, "add --yes to delete them without being asked"); err != nil {
		return err
	}
	if err := credentials.Delete(ctx, one.ID); err != nil {
		return err
	}
	a.tell("deleted %s", one.UserName)
	hosts, err := a.keptFor(one.UserName)
	if err != nil {
		return err
	}
	for _, host := range hosts {
		if _, err := a.savedLogins().Remove(ctx, codecommitLogin(host, one.UserName)); err != nil {
			return advise(err, "what is kept of it opens nothing any more: `credmint git remove %s %s` removes it", shellword.Quote(host), shellword.Quote(one.UserName))
		}
		a.tell("removed its password for %s", host)
	}
	return nil
}
