package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"credmint/helper"
	"credmint/helper/mint"
	"credmint/helper/shellword"
)

type logoutCmd struct {
	Name string `arg:"" optional:"" names:"profile,session,sign-in" help:"A profile, an [sso-session], or the https:// URL of a git host; where it is left out, $AWS_PROFILE, or picked from a list, or \"default\"."`
	All  bool   `help:"Sign out of everything."`
}

// Run ends sign-ins. What AWS cannot be told, for it is away, is forgotten here all the same, and said.
func (c *logoutCmd) Run(ctx context.Context, a *app) error {
	defer a.takeBack()
	if isURL(c.Name) && !c.All {
		return a.logoutForge(ctx, c.Name)
	}
	if c.All && c.Name != "" {
		return &usageError{errors.New("--all leaves no name to give")}
	}
	links, err := c.signIns(ctx, a)
	if err != nil {
		return err
	}
	var failures []error
	for _, link := range links {
		var needed *mint.SignInNeeded
		switch err := a.signOut(ctx, link); {
		case err == nil:
			a.tell("%s: signed out", link.Name)
		case !errors.As(err, &needed):
			failures = append(failures, err)
		case !c.All:
			a.tell("%s: nobody was signed in", link.Name)
		}
	}
	dropped, err := a.dropMadeWith(links)
	failures = append(failures, err)
	if c.All {
		failures = append(failures, a.forgetRecords(ctx), a.logoutForges(ctx))
	}
	if dropped > 0 {
		a.tell("dropped what was made with it (sessions: %d); AWS takes those that were handed out until they end", dropped)
	}
	return errors.Join(failures...)
}

// signIns are the links that are to be ended, each once.
func (c *logoutCmd) signIns(ctx context.Context, a *app) ([]*helper.Profile, error) {
	if c.All {
		return a.allSignIns()
	}
	name, err := a.pickOr(ctx, c.Name, func(p *helper.Profile) bool { return len(signInsOf(p)) > 0 }, a.signInItems()...)
	if err != nil {
		return nil, err
	}
	p, err := a.profileOrSession(name)
	if err != nil {
		return nil, err
	}
	links := signInsOf(p)
	if len(links) == 0 {
		return nil, advise(fmt.Errorf("profile %q: nobody signs in for it", p.Name), "run `credmint forget %s` to drop its sessions", shellword.Argument(p.Name))
	}
	return links, nil
}

func (a *app) allSignIns() ([]*helper.Profile, error) {
	config, err := a.awsConfig()
	if err != nil {
		return nil, err
	}
	found := map[helper.Key]bool{}
	var links []*helper.Profile
	add := func(p *helper.Profile, err error) {
		if err != nil { // what cannot be resolved was never signed in to as it stands
			return
		}
		for _, link := range signInsOf(p) {
			if !found[link.Key()] {
				found[link.Key()] = true
				links = append(links, link)
			}
		}
	}
	for _, name := range config.SSOSessions() {
		add(config.SSOSession(name))
	}
	for _, name := range config.Names() {
		add(config.Profile(name, a.keyRef))
	}
	return links, nil
}

func signInsOf(p *helper.Profile) []*helper.Profile {
	var links []*helper.Profile
	for _, link := range p.Links() {
		if link.Kind.OncePerTurn() {
			links = append(links, link)
		}
	}
	return links
}

// signOut takes the link's turn, so that no refresh is under way that would bring the sign-in back.
func (a *app) signOut(ctx context.Context, link *helper.Profile) error {
	store := a.sessions()
	never := func(helper.Session) bool { return false }
	_, turn, err := store.Acquire(ctx, link.Key(), never)
	if err != nil {
		return fmt.Errorf("profile %q: %w: %w", link.Name, helper.ErrBusy, err)
	}
	defer turn.End(nil)
	token, err := store.Get(ctx, link.Key())
	if err != nil && !errors.Is(err, helper.ErrMiss) {
		return fmt.Errorf("profile %q: read its token: %w", link.Name, err)
	}
	err = a.minters(link.Name, a.source(link.Name)).SignOut(ctx, link, token)
	return errors.Join(err, turn.Drop())
}

// dropMadeWith drops the sessions of all profiles whose chains contain one of the links, and what was made with those.
func (a *app) dropMadeWith(links []*helper.Profile) (dropped int, err error) {
	config, err := a.awsConfig()
	if err != nil {
		return 0, err
	}
	ended := map[helper.Key]bool{}
	for _, link := range links {
		ended[link.Key()] = true
	}
	for _, name := range config.Names() {
		p, err := config.Profile(name, a.keyRef)
		if err != nil {
			continue
		}
		for _, link := range upTo(p, ended) {
			n, err := a.sessions().drop(link)
			if err != nil {
				return dropped, err
			}
			dropped += n
		}
	}
	return dropped, nil
}

// upTo are the links of a chain that are made, sooner or later, with one that has ended, and that one.
func upTo(p *helper.Profile, ended map[helper.Key]bool) []*helper.Profile {
	links := p.Links()
	for i, link := range links {
		if ended[link.Key()] {
			return links[:i+1]
		}
	}
	return nil
}

// forgetRecords removes the refresh tokens of sign-ins that no section leads to any more.
func (a *app) forgetRecords(ctx context.Context) error {
	k, err := a.keychain()
	if err != nil {
		return err
	}
	for _, prefix := range []string{mint.SSORecords, mint.LoginRecords} {
		entries, err := k.List(prefix)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := k.Delete(ctx, e.Name); err != nil {
				return err
			}
			name := strings.TrimPrefix(e.Name, prefix)
			a.tell("%s: its refresh token is forgotten; AWS ends it with the sign-in", name[:strings.LastIndexByte(name, '/')])
		}
	}
	return nil
}
