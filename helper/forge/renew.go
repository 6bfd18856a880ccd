package forge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"credmint/helper/shellword"
	"credmint/helper/signin"
)

// ErrUnanswered says that nobody signed in while there was time.
var ErrUnanswered = errors.New("nobody signed in within ten minutes")

const personLimit = 10 * time.Minute

// renew fetches a token in this process's turn: with the refresh token, else by a person. anew: the person wants to sign in.
func (h Helper) renew(ctx context.Context, id identity, s settings, anew bool) (record, error) {
	if h.mayAsk(s) { // who may wait for a person may wait for the one that another process asks
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(context.WithoutCancel(ctx), personLimit, ErrUnanswered)
		defer cancel()
	}
	end, err := h.Turns.Acquire(ctx, id.name)
	if err != nil {
		return record{}, err
	}
	r, err := h.inTurn(ctx, id, s, anew)
	end(err)
	return r, err
}

func (h Helper) inTurn(ctx context.Context, id identity, s settings, anew bool) (record, error) {
	r, err := h.read(ctx, id.name)
	if err != nil {
		return record{}, err
	}
	if anew {
		return h.signIn(ctx, id, s)
	}
	if r.validAt(h.Now()) { // another process was here first
		return r, nil
	}
	needed := &SignInNeeded{Site: id.signInSite(), Why: "nobody has signed in yet"}
	switch {
	case r.Refresh != "" && !r.of(s):
		needed.Why = "git's config has another client than the last sign-in"
	case r.Refresh != "":
		if r, err = h.refresh(ctx, id, s, r); !errors.As(err, &needed) {
			return r, err
		}
	}
	if !h.mayAsk(s) {
		return record{}, needed
	}
	return h.signIn(ctx, id, s)
}

// mayAsk is the rule for browsers: one opens when a person typed the git command that asks, which is to say in the
// foreground of a terminal, or where the host's settings allow it without one; and never where git is told not to ask.
func (h Helper) mayAsk(s settings) bool {
	return h.Person != nil && (h.Typed || !s.never && (s.auto || h.Attended()))
}

// signInSite is what to type behind `credmint login`.
func (id identity) signInSite() string {
	if id.user == "" {
		return id.site
	}
	return withUser(id.site, id.user)
}

// refresh spends the refresh token, which may work once: its successor is in the keychain before anybody sees the token
// that came with it (or cannot be kept, see keep), and the record says beforehand that the old one is on its way. Where the
// host does not take it any more the error is a *SignInNeeded.
func (h Helper) refresh(ctx context.Context, id identity, s settings, r record) (record, error) {
	cutOff, spent := !r.Sent.IsZero(), r.Refresh
	now := h.Now().UTC().Truncate(time.Second)
	if err := h.change(ctx, id.name, func(r *record) { r.Sent = now }); err != nil {
		return record{}, fmt.Errorf("keep the token: %w", err)
	}
	ctx, err := h.Network.context(context.WithoutCancel(ctx), h.Config, s.Endpoint.TokenURL) // an answer that is not waited for would be lost
	if err != nil {
		return record{}, err
	}
	token, err := s.TokenSource(ctx, &oauth2.Token{RefreshToken: r.Refresh}).Token()
	if code := refusal(err); code == "invalid_grant" || code == "bad_refresh_token" {
		why := fmt.Sprintf("the sign-in of %s has ended (%s)", r.SignedIn.Local().Format("Mon 2 Jan 15:04"), code)
		if cutOff {
			why = "its last renewal was cut off before the answer was stored, and the refresh token went with it"
		}
		err := h.change(ctx, id.name, func(r *record) { r.Refresh, r.Sent = "", time.Time{} })
		return record{}, errors.Join(&SignInNeeded{Site: id.signInSite(), Why: why}, err)
	}
	if err != nil {
		return record{}, explain("renew the token", err)
	}
	return h.keep(ctx, id, r, func(r *record) {
		if r.Refresh == spent { // and nobody has signed out meanwhile
			r.renewed(token)
		}
	}), nil
}

func (r *record) renewed(token *oauth2.Token) {
	r.replace(token.AccessToken, token.Expiry.UTC().Truncate(time.Second))
	if token.Expiry.IsZero() {
		r.Expires = time.Time{}
	}
	r.Refresh, r.Sent = token.RefreshToken, time.Time{}
}

// keep stores the record and returns it. A token that cannot be kept is served all the same, and said: it is all that is
// left of the sign-in, and to refuse it would lose that as well. last is the record as it was last seen.
func (h Helper) keep(ctx context.Context, id identity, last record, edit func(*record)) (kept record) {
	err := h.change(ctx, id.name, func(r *record) {
		edit(r)
		kept = *r
	})
	if err != nil {
		h.Warn(fmt.Errorf("%s: keep the token: %w: it is good while it lasts, and a person must sign in then: run `credmint login %s`",
			id.site, err, shellword.Quote(id.signInSite())))
		edit(&last)
		return last
	}
	return kept
}

// signIn has a person sign in, and keeps what comes of it.
func (h Helper) signIn(ctx context.Context, id identity, s settings) (record, error) {
	if h.Person == nil {
		return record{}, &SignInNeeded{Site: id.signInSite(), Why: "nobody can be asked here"}
	}
	ctx, err := h.Network.context(ctx, h.Config, s.Endpoint.TokenURL)
	if err != nil {
		return record{}, err
	}
	way := h.byBrowser
	if h.Remote && s.Endpoint.DeviceAuthURL != "" || s.Endpoint.AuthURL == "" {
		way = h.byCode
	}
	token, err := way(ctx, id, s)
	if err != nil {
		return record{}, explain("sign in", err)
	}
	return h.keep(context.WithoutCancel(ctx), id, record{}, func(r *record) {
		past := *r
		*r = record{
			ClientID: s.ClientID, TokenURL: s.Endpoint.TokenURL, Username: s.username,
			Access: past.Access, Past: past.Past, SignedIn: h.Now().UTC().Truncate(time.Second),
		}
		r.renewed(token)
	}), nil
}

// refusal is the host's error code, where it gave one (RFC 6749 section 5.2).
func refusal(err error) string {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return refused.ErrorCode
	}
	return ""
}

// explain says what a host answered, and nothing else of its answer: oauth2's own error quotes the body, which may hold
// what was sent.
func explain(what string, err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return fmt.Errorf("%s: %w", what, err)
	}
	switch refused.ErrorCode {
	case "":
		return fmt.Errorf("%s: the host answered %s", what, refused.Response.Status)
	case "access_denied":
		return fmt.Errorf("%s: %w", what, &signin.Denied{Code: refused.ErrorCode, Description: clip(refused.ErrorDescription)})
	case "expired_token":
		return fmt.Errorf("%s: %w", what, ErrUnanswered)
	}
	return &Refused{What: what, Code: clip(refused.ErrorCode), Description: clip(refused.ErrorDescription)}
}

// Refused is a host that does not do what it was asked to.
type Refused struct{ What, Code, Description string }

func (e *Refused) Error() string {
	text := fmt.Sprintf("%s: the host refused: %s", e.What, e.Code)
	if e.Description != "" {
		text += " (" + e.Description + ")"
	}
	return text
}

// Hint says what to look at.
func (e *Refused) Hint() string {
	switch e.Code {
	case "invalid_client", "unauthorized_client", "incorrect_client_credentials":
		return "compare oauthClientId, and the client's secret if it has one, with what the host shows for the application"
	case "invalid_scope":
		return "set oauthScopes to what the application may ask for"
	case "redirect_uri_mismatch":
		return "register the redirect address " + loopback + ", or set oauthRedirectUri to the one that is registered"
	}
	return ""
}

func clip(s string) string {
	const most = 300
	for i := range s {
		if i > most {
			return s[:i] + "…"
		}
	}
	return s
}
