package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"credmint/helper/gitcred"
)

// gitHost names logins on a command line.
type gitHost struct {
	Host string `arg:"" help:"The host, as \"credmint git list\" shows it: [PROTOCOL://]HOST[:PORT][/PATH]."`
	User string `arg:"" optional:"" help:"Only this user's logins."`
}

// request is what is named, as git would name it.
func (h gitHost) request() (gitcred.Credential, error) {
	url := h.Host
	if !strings.Contains(url, "://") {
		url = "https://" + url
	}
	c, err := gitcred.ParseURL(url)
	switch {
	case err != nil:
		return gitcred.Credential{}, &usageError{fmt.Errorf("%q names no host: %w", h.Host, err)}
	case c.Username.IsSet() || !c.NamesHost():
		return gitcred.Credential{}, &usageError{errors.New("write HOST, and the user's name after it")}
	case h.User != "":
		c.Username = gitcred.Some(h.User)
	}
	return c, nil
}

func (h gitHost) String() string {
	if h.User == "" {
		return h.Host
	}
	return h.User + " at " + h.Host
}

type gitRemoveCmd struct {
	gitHost
	Yes bool `short:"y" help:"Do not ask."`
}

// Run names what the index knows, asks, and removes.
func (c *gitRemoveCmd) Run(ctx context.Context, a *app) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	rows, err := a.gitRows()
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r gitRow) bool { return !r.matches(request) })
	if len(rows) == 0 {
		return advise(fmt.Errorf("no login of %s is kept", c.gitHost), "run `credmint git list` to see those that are")
	}
	var names []string
	for _, r := range rows {
		names = append(names, r.name())
	}
	question := fmt.Sprintf("Remove %s for good? [y/N]", strings.Join(names, ", "))
	if err := a.confirm(ctx, c.Yes, question, "add --yes to remove without being asked"); err != nil {
		return err
	}
	for _, r := range rows {
		if r.Kind == storedLogin {
			continue
		}
		if err := a.forge().Remove(ctx, r.item); err != nil {
			return err
		}
		a.tell("removed %s; the host was not told", r.name())
	}
	if !slices.ContainsFunc(rows, func(r gitRow) bool { return r.Kind == storedLogin }) {
		return nil
	}
	n, err := a.savedLogins().Remove(ctx, request)
	if err != nil {
		return err
	}
	a.tell("removed %s of %s", count(n, "login"), c.gitHost)
	return nil
}

type gitRestoreCmd struct{ gitHost }

// Run takes back what git wrote half of: see gitcred.Saved.Erase.
func (c *gitRestoreCmd) Run(ctx context.Context, a *app) error {
	request, err := c.request()
	if err != nil {
		return err
	}
	n, err := a.savedLogins().Restore(ctx, request)
	if err != nil {
		return err
	}
	if n == 0 {
		return advise(fmt.Errorf("no login of %s is marked as erased", c.gitHost), "run `credmint git list` to see which are")
	}
	a.tell("restored %s of %s", count(n, "login"), c.gitHost)
	return nil
}
