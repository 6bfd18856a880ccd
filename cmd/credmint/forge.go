package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"credmint/cache"
	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/forge"
	"credmint/helper/gitcred"
	"credmint/helper/prompt"
	"credmint/helper/signin"
)

// forge answers for the hosts that give out tokens, and with stored logins for all others.
func (a *app) forge() forge.Helper {
	h := forge.Helper{
		Logins: a.savedLogins(), Secrets: a.secrets(), Turns: forgeTurns{a}, Kept: forgeTokens{a},
		Config: forge.Git{}, Network: forge.Network{Getenv: a.getenv, Home: kept.Home()},
		Now: a.now, Warn: a.warn, Attended: prompt.HasTerminal, Remote: signin.Remote(a.getenv),
	}
	// GIT_TERMINAL_PROMPT is git's own switch: https://git-scm.com/docs/git#Documentation/git.txt-codeGITTERMINALPROMPTcode.
	if ask := a.getenv("GIT_TERMINAL_PROMPT"); (ask == "" || !isOff(ask)) && a.getenv("CREDMINT_PROMPT") != "none" {
		person := a.screen(true, false).person
		h.Person = &person
	}
	return h
}

// loginForge signs in to a git host ahead of time.
func (c *loginCmd) loginForge(ctx context.Context, a *app) error {
	request, err := gitcred.ParseURL(c.Name)
	if err == nil && !request.NamesHost() {
		err = errors.New("it names no host")
	}
	if err != nil {
		return &usageError{fmt.Errorf("%q: %w", c.Name, err)}
	}
	h, screen := a.forge(), a.screen(c.Browser, c.DeviceCode)
	h.Typed, h.Person, h.Remote = true, &screen.person, screen.remote
	expires, err := h.SignIn(ctx, request, c.Force)
	if err != nil {
		return err
	}
	if expires.IsZero() {
		a.tell("%s: signed in", c.Name)
		return nil
	}
	a.tell("%s: signed in; the token lasts until %s (%s left), and is renewed without you where the host allows it", c.Name,
		expires.Local().Format("Mon 15:04"), left(expires.Sub(a.now())))
	return nil
}

// logoutForge forgets the sign-ins to a git host.
func (a *app) logoutForge(ctx context.Context, url string) error {
	request, err := gitcred.ParseURL(url)
	if err != nil {
		return &usageError{fmt.Errorf("%q: %w", url, err)}
	}
	n, err := a.forge().SignOut(ctx, request)
	switch {
	case err != nil:
		return err
	case n == 0:
		a.tell("%s: nobody was signed in", url)
	default:
		a.tell("%s: signed out; the host takes the token until it ends", url)
	}
	return nil
}

// logoutForges is logoutForge for every host.
func (a *app) logoutForges(ctx context.Context) error {
	n, err := a.forge().SignOutAll(ctx)
	if n > 0 {
		a.tell("signed out of git hosts: %d", n)
	}
	return err
}

// isURL tells a git host from a profile.
func isURL(name string) bool { return strings.Contains(name, "://") }

// forgeTurns are the locks of the sessions' cache. Those that wait for a person wait for as long as their context lasts.
type forgeTurns struct{ *app }

func (t forgeTurns) Acquire(ctx context.Context, name string) (func(error), error) {
	s := t.sessions()
	if err := s.Usable(); err != nil {
		return nil, err
	}
	dir := forgeDir(s, name)
	dir.Wait = 0
	_, lock, err := dir.Acquire(ctx, turnKey(name), func(cache.Entry) bool { return false })
	var failed *cache.Failed
	switch {
	case errors.As(err, &failed):
		return nil, sharedFailure(failed.Text)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", helper.ErrBusy, err)
	}
	return turn{lock}.End, nil
}

// forgeDir is where the turn and the token of that name are. An app's tokens are made from its key, and go with it.
func forgeDir(s sessions, name string) cache.Dir {
	if key, ok := forge.AppKeyOf(name); ok {
		return s.Dir.MadeFrom(turnKey(key))
	}
	return s.Dir
}

func turnKey(name string) cache.Key { return sha256.Sum256([]byte("forge\x00" + name)) }

// forgeTokens keeps tokens as sessions are: sealed, in files, until they end.
type forgeTokens struct{ *app }

var _ forge.Kept = forgeTokens{}

func (t forgeTokens) Get(ctx context.Context, name string) (forge.Token, bool) {
	s := t.sessions()
	if s.Usable() != nil {
		return forge.Token{}, false
	}
	e, err := forgeDir(s, name).Get(ctx, turnKey(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.warn(err)
	}
	return forge.Token{Access: string(e.Value), Expires: e.Expires}, err == nil
}

func (t forgeTokens) Put(ctx context.Context, name string, token forge.Token) error {
	s := t.sessions()
	if err := s.Usable(); err != nil {
		return err
	}
	return forgeDir(s, name).Put(ctx, turnKey(name), cache.Entry{Value: []byte(token.Access), Stored: t.now(), Expires: token.Expires})
}

func (t forgeTokens) Drop(ctx context.Context, name string) error {
	s := t.sessions()
	if err := s.Usable(); err != nil {
		return err
	}
	dir := forgeDir(s, name)
	_, lock, err := dir.Acquire(ctx, turnKey(name), func(cache.Entry) bool { return false })
	if err != nil {
		return err
	}
	defer lock.End(nil)
	_, err = dir.Delete(turnKey(name))
	return err
}
