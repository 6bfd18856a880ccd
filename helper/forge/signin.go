package forge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"credmint/helper/signin"
)

// byBrowser is OAuth's authorization code with PKCE (RFC 7636). The answer comes to a loopback address, or is pasted where
// the browser is on another machine.
func (h Helper) byBrowser(ctx context.Context, id identity, s settings) (*oauth2.Token, error) {
	callback, err := signin.ListenAt(s.RedirectURL)
	if err != nil {
		return nil, err
	}
	defer callback.Close()
	s.RedirectURL = callback.URL()
	state, verifier := signin.State(), signin.Verifier()
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	if id.user != "" && s.hint != "" {
		options = append(options, oauth2.SetAuthURLParam(s.hint, id.user))
	}
	page := s.AuthCodeURL(state, options...)
	h.Person.Visit(ctx, signin.Page{Why: id.why(), URL: page})
	accept := signin.AuthorizationCode(state)
	var fields url.Values
	if h.Remote {
		fields, err = h.Person.Paste(ctx, "The address at which that browser ends, which begins with "+callback.URL(), accept)
	} else {
		fields, err = callback.Wait(ctx, accept)
	}
	if err != nil {
		return nil, err
	}
	return s.Exchange(ctx, fields.Get("code"), oauth2.VerifierOption(verifier))
}

// byCode is OAuth's device authorization, RFC 8628.
func (h Helper) byCode(ctx context.Context, id identity, s settings) (*oauth2.Token, error) {
	device, err := s.DeviceAuth(ctx)
	if err != nil {
		return nil, err
	}
	page := cmp.Or(device.VerificationURIComplete, device.VerificationURI)
	if err := checkAddress(page); err != nil || device.UserCode == "" {
		return nil, errors.New("the host answered without a page to sign in at, or without a code to type there")
	}
	h.Person.Visit(ctx, signin.Page{Why: id.why(), URL: page, Code: device.UserCode})
	for {
		token, err := s.DeviceAccessToken(ctx, device)
		switch expired := !device.Expiry.IsZero() && !time.Now().Before(device.Expiry); {
		case errors.Is(err, context.DeadlineExceeded) && (expired || ctx.Err() != nil):
			return nil, fmt.Errorf("the code has expired: %w", ErrUnanswered)
		case err == nil || !passing(err):
			return token, err
		}
		device.Interval = cmp.Or(device.Interval, pollInterval)
		device.Interval = max(device.Interval, min(2*device.Interval, slowest)) // RFC 8628 section 3.5
	}
}

// How often a host is asked whether the person has typed the code, in seconds: where it does not say, and at least.
const (
	pollInterval = 5
	slowest      = 30
)

// passing reports whether an error may be gone the next time: the host is away, or has trouble of its own, of which the person
// who types the code has seen nothing. Whoever answers in its place with another certificate does so the next time, too.
func passing(err error) bool {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		status := refused.Response.StatusCode
		return refused.ErrorCode == "" && (status >= 500 || status == http.StatusTooManyRequests)
	}
	return errors.As(err, new(*url.Error)) && !errors.As(err, new(*Untrusted))
}

// why tells the person what for.
func (id identity) why() string {
	if id.user != "" {
		return "sign in to " + id.site + " as " + id.user
	}
	return "sign in to " + id.site
}

func withUser(site, user string) string {
	u, err := url.Parse(site)
	if err != nil {
		return site
	}
	u.User = url.User(user)
	return u.String()
}
