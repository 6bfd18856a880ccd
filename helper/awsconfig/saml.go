package awsconfig

import (
	"strings"

	"credmint/helper"
)

// defaultACS is where an identity provider posts to if nothing else is said. The port is that of AWS's own drivers which
// sign in with a browser.
const defaultACS = "http://127.0.0.1:7890/saml"

// saml takes the profiles whose role is assumed with a SAML assertion. AWS has no settings for it, so all are credmint's
// own. Without a role_arn the assertion must offer one role.
func (r *resolver) saml(s *section, _ string) (*helper.Profile, error) {
	process, page := s.lookup("saml_process"), s.lookup("saml_url")
	from := process
	switch {
	case process == nil && page == nil:
		return nil, nil
	case process != nil && page != nil:
		return nil, errAt(page, "saml_process stands at line %d already: there is one sign-in", process.Line)
	case page != nil:
		from = page
	}
	for _, name := range []string{"web_identity_token_file", "web_identity_token_process", "role_session_name", "external_id", "mfa_serial"} {
		if set := s.lookup(name); set != nil {
			return nil, errAt(set, "it does not go with %s at line %d", from.Name, from.Line)
		}
	}
	if err := oneSource(s, from); err != nil {
		return nil, err
	}
	p, err := r.federated(s, helper.SAML, s.lookup("role_arn"))
	if err != nil {
		return nil, err
	}
	in := &helper.SAMLSignIn{}
	p.Inputs = in
	if set := s.lookup("saml_provider_arn"); set != nil {
		if err := checkARN(set, "SAML provider", "saml-provider/"); err != nil {
			return nil, err
		}
		in.ProviderARN = set.Value
	}
	if process != nil {
		in.Command, err = commandOf(process)
		return p, err
	}
	if p.RoleARN == "" && in.ProviderARN == "" && !strings.Contains(page.Value, helper.RelayState) {
		return nil, errAt(page, "put %s where the page takes a RelayState, or write a saml_provider_arn: else any other page could choose who you are", helper.RelayState)
	}
	return p, r.samlPage(s, page, in)
}

// samlPage is for a person who signs in with a browser.
func (r *resolver) samlPage(s *section, page *helper.Setting, in *helper.SAMLSignIn) error {
	in.URL, in.ACS = page.Value, defaultACS
	a, ok := parseAddress(strings.ReplaceAll(in.URL, helper.RelayState, "state"))
	if !ok || a.scheme != "https" && !isLoopback(a.host) {
		return errAt(page, "%q is no sign-in page: write its address, with https", in.URL)
	}
	set := s.lookup("saml_acs_url")
	if set == nil {
		return nil
	}
	in.ACS = set.Value
	a, ok = parseAddress(in.ACS)
	plain := ok && a.scheme == "http" && !a.query && !a.mark
	if !plain || a.host != "127.0.0.1" && a.host != "localhost" || a.port == "" || a.path == "" {
		return errAt(set, "%q is no address that a browser can post to here: write http://127.0.0.1:PORT/PATH or http://localhost:PORT/PATH", in.ACS)
	}
	return nil
}
