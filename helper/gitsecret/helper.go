package gitsecret

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"credmint/helper/gitcred"
)

// Logins is who answers for all other hosts and users.
type Logins interface {
	gitcred.Helper
	// Only answers as Get does, but only if a single login matches.
	Only(ctx context.Context, request gitcred.Credential) (gitcred.Credential, error)
}

// Helper answers from secrets where a Place matches, and lets Next answer otherwise. Of several places the one with the
// longest path counts; of those the one of the profile Ambient; and where there is still more than one, nobody is asked.
type Helper struct {
	Next    Logins
	Places  func() ([]Place, error)
	Ambient string // $AWS_PROFILE; may be empty

	// Read returns a secret's text, and until when it is kept.
	Read func(ctx context.Context, p Place) (text string, until time.Time, err error)
	// Forget drops what is kept of it.
	Forget func(ctx context.Context, p Place) error
	// Warn is told why the places could not be looked up; git is then answered as if there were none.
	Warn func(error)
}

var _ Logins = Helper{}

// Get answers with the secret's login if the request is for its user or for none. A secret that cannot be read is a Quit:
// nobody else has this password, and git would ask a person who does not know it.
func (h Helper) Get(ctx context.Context, request gitcred.Credential) (gitcred.Credential, error) {
	p, found, err := h.place(request)
	switch {
	case errors.Is(err, errAmbiguous):
		return gitcred.Credential{}, gitcred.Quit{Err: err}
	case err != nil:
		h.Warn(err)
		return h.Next.Get(ctx, request)
	case !found:
		return h.Next.Get(ctx, request)
	}
	l, until, err := h.login(ctx, p)
	if err != nil {
		return gitcred.Credential{}, gitcred.Quit{Err: err}
	}
	if request.Username.IsSet() && request.Username.Text() != l.username.Text() {
		return h.Next.Get(ctx, request)
	}
	answer := gitcred.Credential{Username: l.username, Password: l.password, PasswordExpiry: until}
	if request.Can("authtype") { // keeps it out of other helpers' stores, as the expiry does with gits that know that
		answer.Capabilities, answer.Ephemeral = []string{"authtype"}, true
	}
	return answer, nil
}

// Only is asked for hosts of CodeCommit where nobody signs. A secret that a setting names is no choice of several.
func (h Helper) Only(ctx context.Context, request gitcred.Credential) (gitcred.Credential, error) {
	if _, found, err := h.place(request); found || errors.Is(err, errAmbiguous) {
		return h.Get(ctx, request)
	}
	return h.Next.Only(ctx, request)
}

// Store keeps no login of a secret's user. Where that is not to be found out it keeps none at all: it could be that one.
func (h Helper) Store(ctx context.Context, c gitcred.Credential) error {
	p, found, err := h.place(c)
	switch {
	case errors.Is(err, errAmbiguous):
		return nil
	case err != nil:
		return fmt.Errorf("%v is not stored: %w", c, err)
	case !found:
		return h.Next.Store(ctx, c)
	}
	switch l, _, err := h.login(ctx, p); {
	case err != nil:
		return fmt.Errorf("%v is not stored, for it may be a team's: %w", c, err)
	case c.Username.Text() == l.username.Text():
		return nil
	}
	return h.Next.Store(ctx, c)
}

// Erase drops what is kept of a secret whose password a server has refused: it is read again the next time. For other
// users of the host it is Next's, and where nobody can tell whose it was it is both's: Next erases exactly what is named.
func (h Helper) Erase(ctx context.Context, c gitcred.Credential) error {
	p, found, err := h.place(c)
	if err != nil || !found {
		return errors.Join(err, h.Next.Erase(ctx, c))
	}
	l, _, err := h.login(ctx, p)
	if err == nil && c.Username.IsSet() && c.Username.Text() != l.username.Text() {
		return h.Next.Erase(ctx, c)
	}
	unknown := err != nil || !c.Username.IsSet()
	if err = h.Forget(ctx, p); unknown {
		err = errors.Join(err, h.Next.Erase(ctx, c))
	}
	return err
}

func (h Helper) login(ctx context.Context, p Place) (login, time.Time, error) {
	text, until, err := h.Read(ctx, p)
	if err != nil {
		return login{}, time.Time{}, err
	}
	l, err := p.parse(text)
	return l, until, err
}

// place finds the one that the request is for.
func (h Helper) place(request gitcred.Credential) (best Place, found bool, err error) {
	if request.Protocol.Text() != "https" {
		return Place{}, false, nil
	}
	places, err := h.Places()
	if err != nil {
		return Place{}, false, err
	}
	var candidates []Place
	longest := -1
	for _, p := range places {
		exact, ok := p.matches(request)
		switch {
		case !ok || exact < longest:
		case exact > longest:
			candidates, longest = []Place{p}, exact
		default:
			candidates = append(candidates, p)
		}
	}
	for _, p := range candidates {
		if len(candidates) == 1 || p.Profile == h.Ambient {
			return p, true, nil
		}
	}
	if len(candidates) == 0 {
		return Place{}, false, nil
	}
	var where []string
	for _, p := range candidates {
		where = append(where, fmt.Sprintf("profile %q (%s)", p.Profile, p.Where))
	}
	return Place{}, false, fmt.Errorf("%s: %w: %s; set AWS_PROFILE to one of them", request.Host.Text(), errAmbiguous, strings.Join(where, ", "))
}
