package awsconfig

import (
	"fmt"
	"strings"

	"credmint/helper"
)

// defaultScope is what a token needs to be used for accounts and roles. AWS's CLI asks for it where an [sso-session] names
// no scopes.
const defaultScope = "sso:account:access"

// identityCenter takes the profiles that name an [sso-session], or have an sso_start_url of their own.
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html.
func (r *resolver) identityCenter(s *section, _ string) (*helper.Profile, error) {
	from := firstSetting(s, "sso_session", "sso_start_url")
	if from == nil {
		return nil, nil
	}
	account, role := s.lookup("sso_account_id"), s.lookup("sso_role_name")
	switch {
	case account == nil:
		return nil, errAt(from, "there is no sso_account_id beside it")
	case role == nil:
		return nil, errAt(from, "there is no sso_role_name beside it")
	case !isAccount(account.Value):
		return nil, errAt(account, "%q is no account: write its twelve digits", account.Value)
	}
	signIn, err := r.signIn(s, from)
	if err != nil {
		return nil, err
	}
	client, err := r.client(s, SSO)
	if err != nil {
		return nil, err
	}
	client.Region = signIn.Client.Region
	return &helper.Profile{
		Name: s.name, Kind: helper.SSORole, Client: client, Source: signIn, AutoLogin: signIn.AutoLogin,
		Inputs: &helper.SSOAssignment{AccountID: account.Value, RoleName: role.Value},
	}, nil
}

// signIn is the link below an account's role: the token that all profiles of one [sso-session] share. from is the setting
// that led to it.
func (r *resolver) signIn(s *section, from *helper.Setting) (*helper.Profile, error) {
	if strings.TrimPrefix(from.Name, prefix) == "sso_session" {
		session, err := r.config.named("sso-session", from.Value, s.used)
		if err != nil {
			return nil, err
		}
		if !session.found {
			return nil, errAt(from, "there is no [sso-session %s]", from.Value)
		}
		if err := sameSettings(s, session, "sso_start_url", "sso_region"); err != nil {
			return nil, err
		}
		return r.signInTo(session, s)
	}
	p, err := r.signInTo(s, s)
	if err == nil {
		// Profiles that name a start URL themselves have no session's name, and no scopes: AWS's way before 2022.
		in := p.Inputs.(*helper.SSOSession)
		in.Name, in.Scopes = "", nil
	}
	return p, err
}

// signInTo reads what a sign-in is made of from one section, and how AWS is called for it from another.
func (r *resolver) signInTo(session, caller *section) (*helper.Profile, error) {
	start, region := session.lookup("sso_start_url"), session.lookup("sso_region")
	switch {
	case start == nil:
		return nil, fmt.Errorf("%s: there is no sso_start_url", session.where)
	case region == nil:
		return nil, errAt(start, "there is no sso_region beside it")
	case !ValidRegion(region.Value):
		return nil, errAt(region, "%q is no AWS region", region.Value)
	}
	if err := checkStartURL(start); err != nil {
		return nil, err
	}
	client, err := r.client(caller, SSOOIDC)
	if err != nil {
		return nil, err
	}
	portal, err := r.endpoint(caller, SSO)
	if err != nil {
		return nil, err
	}
	client.Region = region.Value
	return &helper.Profile{
		Name: session.name, Kind: helper.SSOSignIn, Client: client,
		AutoLogin: isTrue(session.value("auto_login")) || isTrue(caller.value("auto_login")),
		Inputs: &helper.SSOSession{
			Name: session.name, StartURL: start.Value, Region: region.Value, Scopes: scopes(session), Portal: portal,
		},
	}, nil
}

// SSOSession resolves the [sso-session] of that name to the sign-in that its profiles share, called as the first of them
// says. Where there is no such section the error wraps ErrNoProfile.
func (c *Config) SSOSession(name string) (*helper.Profile, error) {
	r := &resolver{Config: c}
	session, err := c.config.named("sso-session", name, new([]helper.Setting))
	if err != nil {
		return nil, fmt.Errorf("sso-session %q: %w", name, err)
	}
	if !session.found {
		return nil, fmt.Errorf("%q: %w: there is no such profile or [sso-session] in %s", name, ErrNoProfile, c.config.path)
	}
	caller := session
	if profile := c.profileOf(name); profile != "" {
		if caller, err = c.profile(profile); err != nil {
			return nil, fmt.Errorf("profile %q: %w", profile, err)
		}
	}
	p, err := r.signInTo(session, caller)
	if err != nil {
		return nil, fmt.Errorf("sso-session %q: %w", name, err)
	}
	p.Settings = *session.used
	return p, nil
}

// SSOSessions lists the names of the [sso-session] sections, in the order they stand.
func (c *Config) SSOSessions() []string {
	var names []string
	c.config.headers(func(h header, _ int) bool {
		if h.kind == "sso-session" && h.name != "" {
			names = append(names, h.name)
		}
		return true
	})
	return names
}

// profileOf is the first profile that names an [sso-session], found in one pass over the file: there may be thousands.
func (c *Config) profileOf(session string) string {
	var profile, found, parent string
	c.config.lines(func(line []byte, _, _ int) bool {
		if isHeader(line) {
			h, _ := parseHeader(line)
			profile, parent = "", ""
			if h.kind == "profile" || h == (header{"", "default"}) {
				profile = h.name
			}
			return true
		}
		p, ok, _ := parseProperty(line, &parent)
		if ok && profile != "" && strings.TrimPrefix(p.key, prefix) == "sso_session" && p.value == session {
			found = profile
		}
		return found == ""
	})
	return found
}

// sameSettings refuses a profile that says something else than the section it names, as AWS's CLI does.
func sameSettings(s, session *section, names ...string) error {
	for _, name := range names {
		own, theirs := s.lookup(name), session.lookup(name)
		if own != nil && theirs != nil && own.Value != theirs.Value {
			return errAt(own, "[sso-session %s] says %q at line %d", session.name, theirs.Value, theirs.Line)
		}
	}
	return nil
}

func scopes(session *section) []string {
	var out []string
	for scope := range strings.SplitSeq(session.value("sso_registration_scopes"), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			out = append(out, scope)
		}
	}
	if len(out) == 0 {
		return []string{defaultScope}
	}
	return out
}

// checkStartURL takes an access portal's address. Browsers put a fragment behind it, which people copy.
func checkStartURL(set *helper.Setting) error {
	a, ok := parseAddress(set.Value)
	if !ok || a.query || a.scheme == "http" && !isLoopback(a.host) {
		return errAt(set, "%q is no access portal: write https://NAME.awsapps.com/start", set.Value)
	}
	return nil
}

func isAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

func firstSetting(s *section, names ...string) *helper.Setting {
	for _, name := range names {
		if set := s.lookup(name); set != nil {
			return set
		}
	}
	return nil
}
