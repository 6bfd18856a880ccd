// Package forge answers git with tokens of the hosts that give them out: by OAuth, where a person signs in once and a
// refresh token does the rest, and as a GitHub App. It is set up in git's own config, in the words that users of
// git-credential-manager and git-credential-oauth have there already; what it is told for one host it says to no other.
//
// The access token and the refresh token are one item of the keychain. git is told when the access token ends, and never
// has the refresh token.
package forge

import (
	"context"
	"fmt"
	"strings"
	"time"

	"credmint/helper"
	"credmint/helper/gitcred"
	"credmint/helper/shellword"
	"credmint/helper/signin"
)

// Logins is the store of logins that are no tokens of ours.
type Logins interface {
	gitcred.Helper
	// Only answers as Get does, but only if a single login matches.
	Only(ctx context.Context, request gitcred.Credential) (gitcred.Credential, error)
}

// Secrets keeps tokens and keys: it is the keychain.
type Secrets interface {
	gitcred.Secrets
	// Names lists the names that begin with prefix, and asks for no secret to do so.
	Names(prefix string) ([]string, error)
}

// Turns lets one process at a time do what a name stands for.
type Turns interface {
	// Acquire waits for the caller's turn, which lasts until end is called. A failure that end is given is the error of
	// those who wait now. There is no turn, and an error, where nothing can be locked: a refresh token may work once.
	Acquire(ctx context.Context, name string) (end func(failure error), err error)
}

// Token is one that opens something until it ends.
type Token struct {
	helper.Unwritten

	Access  string
	Expires time.Time
}

// Kept keeps tokens that can be had again. What cannot be read is not there. Drop of an app's key drops the tokens that
// were had with it, see AppKeyOf.
type Kept interface {
	Get(ctx context.Context, name string) (Token, bool)
	Put(ctx context.Context, name string, t Token) error
	Drop(ctx context.Context, name string) error
}

// Helper answers git for every host: with the login that is stored, else with a token, where git's config has a client
// for the host. Where it has one and there is no token to be had, the answer is a Quit: git would ask for a password that
// such hosts do not take.
type Helper struct {
	Logins
	Secrets Secrets
	Turns   Turns
	Kept    Kept
	Config  Config
	Network Network
	Now     func() time.Time
	Warn    func(error)

	// Person may be sent to a browser; nil: nobody may. Remote: their browser is on another machine. Typed: they have asked
	// for a sign-in; otherwise Attended reports whether somebody typed the git command that wants a login.
	Person   *signin.Person
	Remote   bool
	Typed    bool
	Attended func() bool
}

var _ Logins = Helper{}

// Get answers with a stored login, or a token.
func (h Helper) Get(ctx context.Context, request gitcred.Credential) (gitcred.Credential, error) {
	login, err := h.Logins.Get(ctx, request)
	if err != nil || login.Password.IsSet() || login.Credential.IsSet() || !mayHaveToken(request) {
		return login, err
	}
	answer, err := h.token(ctx, request)
	switch {
	case err != nil:
		return gitcred.Credential{}, gitcred.Quit{Err: fmt.Errorf("%s: %w", site(request), err)}
	case answer.Password.IsSet():
		return answer, nil
	}
	return login, nil
}

// mayHaveToken keeps tokens off the wire in clear.
func mayHaveToken(request gitcred.Credential) bool {
	return checkAddress(site(request)) == nil
}

// site is the host that a token is bound to.
func site(c gitcred.Credential) string { return c.Protocol.Text() + "://" + c.Host.Text() }

func (h Helper) token(ctx context.Context, request gitcred.Credential) (gitcred.Credential, error) {
	id, err := h.identify(ctx, request)
	if err != nil {
		return gitcred.Credential{}, err
	}
	if id.known {
		r, err := h.read(ctx, id.name)
		if err != nil || r.validAt(h.Now()) {
			return r.answer(request), err
		}
	}
	s, err := h.settings(ctx, request)
	switch {
	case err != nil:
		return gitcred.Credential{}, err
	case s.app != nil:
		return h.asApp(ctx, request, *s.app)
	case s.ClientID == "":
		return gitcred.Credential{}, nil
	}
	r, err := h.renew(ctx, id, s, false)
	return r.answer(request), err
}

// SignIn has a token for the host when it returns, and says when that ends; zero: it does not. anew has the person sign in
// whatever is kept.
func (h Helper) SignIn(ctx context.Context, request gitcred.Credential, anew bool) (time.Time, error) {
	if err := checkAddress(site(request)); err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", site(request), err)
	}
	id, err := h.identify(ctx, request)
	if err != nil {
		return time.Time{}, err
	}
	s, err := h.settings(ctx, request)
	if err == nil && s.ClientID == "" {
		err = &NoClient{site(request)}
	}
	if err != nil {
		return time.Time{}, err
	}
	r, err := h.renew(ctx, id, s, anew)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", site(request), err)
	}
	return r.Expires, nil
}

// Store passes on what is no token of ours: a token that git hands back would be stale when it is next asked for.
func (h Helper) Store(ctx context.Context, login gitcred.Credential) error {
	if ours, err := h.fromApp(login); err != nil || ours {
		return err
	}
	if ours, err := h.recognise(ctx, login, (*record).accepted); err != nil || ours {
		return err
	}
	return h.Logins.Store(ctx, login)
}

// Erase drops a token that the host has refused. The refresh token gets one chance to do better: if the token that it
// fetched is refused too, somebody must sign in. What does not name a token is not about one.
func (h Helper) Erase(ctx context.Context, login gitcred.Credential) error {
	if ours, err := h.fromApp(login); err != nil {
		return err
	} else if ours {
		return h.dropApp(ctx, login)
	}
	if ours, err := h.recognise(ctx, login, (*record).refused); err != nil || ours {
		return err
	}
	return h.Logins.Erase(ctx, login)
}

// SignOut forgets the sign-ins to a host: the named user's, or all. It reports how many there were. The host is not told:
// OAuth knows no common way to do so.
func (h Helper) SignOut(ctx context.Context, request gitcred.Credential) (int, error) {
	prefix, n := recordPrefix+site(request), 0
	names, err := h.Secrets.Names(prefix)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		user, named := strings.CutPrefix(name, prefix+"?")
		if name != prefix && !named || request.Username.IsSet() && request.Username.Text() != user {
			continue
		}
		if err := h.forget(ctx, name); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// SignOutAll is SignOut of every host.
func (h Helper) SignOutAll(ctx context.Context) (int, error) {
	names, err := h.Secrets.Names(recordPrefix)
	if err != nil {
		return 0, err
	}
	for n, name := range names {
		if err := h.forget(ctx, name); err != nil {
			return n, err
		}
	}
	return len(names), nil
}

func (h Helper) forget(ctx context.Context, name string) error {
	err := h.Secrets.Update(ctx, name, func([]byte) ([]byte, map[string]string, error) { return nil, nil, nil })
	if err != nil {
		return fmt.Errorf("forget the sign-in to %s: %w", strings.TrimPrefix(name, recordPrefix), err)
	}
	return nil
}

// NoClient says that git's config has no OAuth client for a host.
type NoClient struct{ Site string }

func (e *NoClient) Error() string { return e.Site + ": git's config has no OAuth client for it" }

// Hint says what to type.
func (e *NoClient) Hint() string {
	return fmt.Sprintf("register an application there with the redirect address %s, and run `git config --global %s ID`",
		loopback, shellword.Quote("credential."+e.Site+".oauthClientId"))
}

// SignInNeeded says that only a person can go on, by signing in.
type SignInNeeded struct{ Site, Why string }

func (e *SignInNeeded) Error() string { return "a person must sign in: " + e.Why }

// Hint says what to type.
func (e *SignInNeeded) Hint() string { return "run `credmint login " + shellword.Quote(e.Site) + "`" }
