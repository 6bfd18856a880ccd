package main

import (
	"credmint/cache"
	"credmint/helper"
	"credmint/helper/shellword"
)

// toMint are the links whose sessions a call would have to make now: what is below a kept one is not needed.
func (a *app) toMint(p *helper.Profile, sessions map[string]cache.Info) []*helper.Profile {
	links := p.Links()
	for i, link := range links {
		if link.Kind.Kept() && sessions[cache.Key(link.Key()).Name()].Expires.After(a.now()) {
			return links[:i]
		}
	}
	return links
}

// asks is what minting a link takes from a person.
func (a *app) asks(p *helper.Profile) []string {
	asked := a.asksOfKind(p)
	if p.Confirm {
		asked = append([]string{"whether " + p.Name + " is to be made (credmint_confirm)"}, asked...)
	}
	return asked
}

func (a *app) asksOfKind(p *helper.Profile) []string {
	switch in := p.Inputs.(type) {
	case *helper.SSOSession:
		return []string{"a sign-in at " + in.StartURL + ", unless the last one still renews itself: credmint login " + shellword.Argument(p.Name)}
	case *helper.LoginSession:
		return []string{"a sign-in to the console, unless the last one still renews itself: credmint login " + shellword.Argument(p.Name)}
	case *helper.SAMLSignIn:
		if in.URL != "" {
			return []string{"a sign-in at " + in.URL + ": credmint login " + shellword.Argument(p.Name)}
		}
	}
	if p.MFASerial == "" {
		return nil
	}
	return []string{"an MFA code of " + p.MFASerial + a.codeFrom(p)}
}

// needsCode reports whether a person has to type a code for a link.
func (a *app) needsCode(p *helper.Profile) bool { return p.MFASerial != "" && a.codeFrom(p) == "" }

func (a *app) codeFrom(p *helper.Profile) string {
	switch {
	case len(p.MFAProcess) > 0:
		return ", which " + p.MFAProcess[0] + " tells"
	case a.kept.HasSeed(p.MFASerial):
		return ", which the kept seed tells"
	case p.MFAYubiKey != "":
		return ", which the YubiKey tells"
	}
	return ""
}
