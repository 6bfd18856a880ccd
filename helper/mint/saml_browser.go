package mint

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"credmint/helper"
	"credmint/helper/saml"
	"credmint/helper/signin"
)

// browse sends a person to the sign-in page, and takes what it posts back.
//
// Whoever can make a browser post here could sign the person in as somebody else, who would then see all that the person
// does at AWS. A page that is given a RelayState must bring it back, which no other page can; of one that is not, the person
// is asked whether the right somebody is signed in (confirm), and the settings name the role or the provider, so that AWS
// lets nobody else vouch for that name.
func (m *SAML) browse(ctx context.Context, p *helper.Profile, in *helper.SAMLSignIn) (*saml.Response, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, personLimit, ErrUnanswered)
	defer cancel()
	callback, err := signin.ListenAt(in.ACS) // before the page is shown: nobody else can be there then
	if err != nil {
		return nil, err
	}
	defer callback.Close()
	state := signin.State()
	m.Person.Visit(ctx, m.why(in), strings.ReplaceAll(in.URL, helper.RelayState, state), "")
	var response *saml.Response
	_, err = callback.Wait(ctx, func(form url.Values) error {
		r, err := m.posted(in, form, state)
		response = r
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	return response, nil
}

func stateful(in *helper.SAMLSignIn) bool { return strings.Contains(in.URL, helper.RelayState) }

// why tells the person what for.
func (m *SAML) why(in *helper.SAMLSignIn) string {
	text := "sign in"
	if page, err := url.Parse(in.URL); err == nil {
		text += " at " + page.Hostname()
	}
	if m.For != "" {
		text += " for profile " + m.For
	}
	if acs, err := url.Parse(in.ACS); err == nil && m.Person.Remote() {
		text += fmt.Sprintf(" (a browser on another machine reaches this one through `ssh -L %s:127.0.0.1:%s`)", acs.Port(), acs.Port())
	}
	return text
}

// posted reads what a page posts. An answer that brings our state ends the sign-in whatever it says; any other that cannot
// be used may be another page's, so the wait goes on, and whoever is waiting hears of it.
func (m *SAML) posted(in *helper.SAMLSignIn, form url.Values, state string) (*saml.Response, error) {
	if stateful(in) && (len(form["RelayState"]) != 1 || !signin.SameState(form.Get("RelayState"), state)) {
		return nil, errors.New("its RelayState is of another sign-in")
	}
	err := errors.New("it has no single SAMLResponse")
	var r *saml.Response
	if len(form["SAMLResponse"]) == 1 {
		r, err = saml.Parse(form.Get("SAMLResponse"))
	}
	switch {
	case err == nil:
		return r, nil
	case stateful(in):
		return nil, &signin.Final{Err: err}
	}
	m.Warn(fmt.Errorf("what a page sent is not used: %w", err))
	return nil, err
}

// confirm has a person say whether it is them who are signed in, where nothing else can tell.
func (m *SAML) confirm(ctx context.Context, p *helper.Profile, in *helper.SAMLSignIn, r *saml.Response, role saml.Role) error {
	if len(in.Command) > 0 || stateful(in) {
		return nil
	}
	answer, err := m.Person.Ask(ctx, fmt.Sprintf("The page signed in %q at %s, for role %s. Type yes if that is you", r.Subject, r.Issuer, role.ARN))
	if err != nil {
		return fmt.Errorf("nobody said whether %q is them (%swith %s in the address nobody is asked): %w",
			r.Subject, at(p, "saml_url"), helper.RelayState, err)
	}
	if !strings.EqualFold(strings.TrimSpace(answer), "yes") {
		return fmt.Errorf("the sign-in of %q is not used: you did not say that it is you", r.Subject)
	}
	return nil
}
