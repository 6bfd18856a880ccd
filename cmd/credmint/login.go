package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/mint"
	"credmint/helper/prompt"
)

// personWait is how long a person's process waits for another one that signs in: as long as that one waits for a person,
// and until what it got is stored.
const personWait = 11 * time.Minute

type loginCmd struct {
	Name       string `arg:"" optional:"" names:"profile,session,sign-in" help:"A profile, an [sso-session], or the https:// URL of a git host; where it is left out, $AWS_PROFILE, or picked from a list, or \"default\"."`
	DeviceCode bool   `help:"Sign in on another device, with a code."`
	Browser    bool   `default:"true" negatable:"" help:"Open a browser; the address is shown either way."`
	Force      bool   `help:"Sign in again, even if the last sign-in still lasts."`
	AWSLogin   bool   `name:"aws-login" help:"Sign in to the AWS console, and make the profile whoever signed in."`
	Yes        bool   `short:"y" help:"Give the profile to another identity without asking."`
	Behind     bool   `hidden:"" help:"For a program that cannot wait."`
	Share      bool   `help:"Write the token in clear to ~/.aws/sso/cache too, for programs that look there."`
}

// Run signs in where the profile needs it, mints as aws would, and says how long it lasts, which is safe to read on a
// screen.
func (c *loginCmd) Run(ctx context.Context, a *app) error {
	if isURL(c.Name) {
		return c.loginForge(ctx, a)
	}
	person := a.screen(c.Browser, c.DeviceCode)
	person.behind = c.Behind
	a.person, a.anew, a.kept.Wait = person, c.Force, personWait
	if c.AWSLogin {
		return c.firstLogin(ctx, a)
	}
	if c.Behind {
		signal.Ignore(syscall.SIGPIPE) // the program that reads what is said may be gone
		a.asker = nobody{}
	}
	name, err := a.pickOr(ctx, c.Name, anyProfile, a.signInItems()...)
	if err != nil {
		return err
	}
	p, err := a.profileOrSession(name)
	if err != nil {
		return err
	}
	source := *a.source(p.Name) // a copy: what a profile's session is made from is as new as it needs to be
	if c.Force {
		source.Since, source.Renew = a.now().Truncate(time.Second), nil // kept sessions know the second they were minted in
	}
	for _, link := range p.Links() {
		if !link.Kind.OncePerTurn() && !(c.Behind && link.SignsIn()) {
			continue
		}
		page := a.openPage(link.Key())
		over := person.signInFor(page)
		asked := source
		asked.Next = visited{source.Next, page}
		session, err := asked.Session(ctx, link)
		over()
		if err != nil {
			return err
		}
		if err := c.signedIn(a, link, session); err != nil {
			return err
		}
	}
	if c.Behind || p.Kind.OncePerTurn() {
		return nil
	}
	s, err := source.Session(ctx, p)
	var several *mint.RolesOffered
	if errors.As(err, &several) {
		p, s, err = a.chooseRole(ctx, p, several)
	}
	if err != nil {
		return err
	}
	a.tellSession(p, s)
	return nil
}

// signedIn says so, unless nobody reads it, and shares the token if that was asked for.
func (c *loginCmd) signedIn(a *app, link *helper.Profile, token helper.Session) error {
	if c.Behind || !link.Kind.OncePerTurn() {
		return nil
	}
	a.tellSignedIn(link, token)
	in, ok := link.Inputs.(*helper.SSOSession)
	if !ok || !c.Share {
		return nil
	}
	cli := cliTokens()
	if err := cli.Share(in, token); err != nil {
		return fmt.Errorf("share the token: %w", err)
	}
	a.tell("%s: the token lies in clear in %s until it ends", link.Name, cli.Dir)
	return nil
}

// cliTokens is where AWS's CLI keeps tokens.
func cliTokens() mint.CLICache {
	if kept.Home() == "" {
		return mint.CLICache{}
	}
	return mint.CLICache{Dir: filepath.Join(kept.Home(), ".aws", "sso", "cache")}
}

func (a *app) tellSignedIn(link *helper.Profile, token helper.Session) {
	text := "%s: signed in until %s (%s left)"
	switch {
	case link.Kind == helper.Login:
		text = "%s: signed in; the credentials last until %s (%s left), and are renewed without you for twelve hours at most"
	case !link.Attended():
		text = "%s: signed in; the token lasts until %s (%s left), and is renewed without you"
	}
	a.tell(text, link.Name, token.Expires.Local().Format("Mon 15:04"), left(token.Expires.Sub(a.now())))
}

func (a *app) tellSession(p *helper.Profile, s helper.Session) {
	if s.Expires.IsZero() {
		a.tell("%s: its credentials do not expire", p.Name)
		return
	}
	a.tell("%s: a session of account %s until %s (%s left)", p.Name, orDash(s.AccountID),
		s.Expires.Local().Format("Mon 15:04"), left(s.Expires.Sub(a.now())))
}

// signInItems are the [sso-session]s that may be named instead of a profile.
func (a *app) signInItems() []prompt.Item {
	config, err := a.awsConfig()
	if err != nil { // which is said when the profiles are listed
		return nil
	}
	var items []prompt.Item
	for _, name := range config.SSOSessions() {
		items = append(items, prompt.Item{Name: name, About: "[sso-session]"})
	}
	return items
}

// profileOrSession resolves the name of a profile or, where there is no such profile, of an [sso-session].
func (a *app) profileOrSession(name string) (*helper.Profile, error) {
	p, err := a.profile(name)
	if name == "" || !errors.Is(err, awsconfig.ErrNoProfile) {
		return p, err
	}
	config, configErr := a.awsConfig()
	if configErr != nil {
		return nil, configErr
	}
	signIn, sessionErr := config.SSOSession(name)
	if !errors.Is(sessionErr, awsconfig.ErrNoProfile) {
		return signIn, sessionErr
	}
	if session := awsconfig.Nearest(name, config.SSOSessions()); session != "" {
		return nil, advise(sessionErr, "is the [sso-session %s] meant?", session)
	}
	return nil, err
}
