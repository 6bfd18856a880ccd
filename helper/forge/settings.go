package forge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"credmint/helper/gitcred"
)

// settings are those of git's config that hold for a host, with what is known of hosts of its kind.
//
//	credential.<url>.oauthClientId                          the client, registered with the host by whoever sets this up
//	credential.<url>.oauthClientSecret                      if it has one; the keychain's ClientSecret comes first
//	credential.<url>.oauthScopes                            separated by spaces
//	credential.<url>.oauthAuthorizeEndpoint, oauthAuthURL   an https address, or a path on the host
//	credential.<url>.oauthTokenEndpoint, oauthTokenURL
//	credential.<url>.oauthDeviceEndpoint, oauthDeviceAuthURL
//	credential.<url>.oauthRedirectUri, oauthRedirectURL     a loopback address
//	credential.<url>.oauthUseClientAuthHeader               false: the client's secret goes into the form
//	credential.<url>.oauthDefaultUserName                   for git to send beside the token
//	credential.<url>.provider                               github, gitlab, bitbucket, gitea, forgejo or generic
//	credential.<url>.credmintAutoLogin                      true: a browser may open without a terminal
//	credential.interactive                                  false or never: it may not
//
// Of two names the first is git-credential-manager's, the other git-credential-oauth's.
type settings struct {
	oauth2.Config
	username string
	hint     string
	auto     bool
	never    bool
	app      *installation // a GitHub App, which needs no person, in the place of all that
}

// loopback is the redirect address where none is set; its port is the system's choice.
const loopback = "http://127.0.0.1"

// SecretName is the name of the item of the keychain that holds a client's secret.
func SecretName(host, clientID string) string { return clientPrefix + host + "/" + clientID }

const clientPrefix = "oauth-client/"

// settings are read by git. The zero settings, without a client, say that OAuth is not set up for the host.
func (h Helper) settings(ctx context.Context, request gitcred.Credential) (settings, error) {
	found, err := h.match(ctx, request)
	if err == nil && found["githubappid"] != "" {
		app, err := installationOf(request, found)
		return settings{app: &app}, err
	}
	if err != nil || found["oauthclientid"] == "" {
		return settings{}, err
	}
	s, err := parseSettings(request, found)
	if err != nil {
		return settings{}, err
	}
	secret, err := h.Secrets.Get(ctx, SecretName(request.Host.Text(), s.ClientID))
	switch {
	case err == nil:
		s.ClientSecret = strings.TrimSpace(string(secret))
	case !errors.Is(err, fs.ErrNotExist):
		return settings{}, fmt.Errorf("read the client's secret: %w", err)
	}
	if s.ClientSecret == "" {
		s.Endpoint.AuthStyle = oauth2.AuthStyleInParams // RFC 6749 section 4.1.3: who has no secret says who it is in the form
	}
	return s, nil
}

// match leaves out what would name us, or tell a secret, to every host there is.
func (h Helper) match(ctx context.Context, request gitcred.Credential) (map[string]string, error) {
	found, err := h.Config.Match(ctx, "credential", address(request))
	if err != nil || found["oauthclientid"] == "" && found["githubappid"] == "" {
		return nil, err
	}
	everywhere, err := h.Config.Everywhere(ctx, "credential")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"oauthclientid", "oauthclientsecret", "githubappid"} {
		if value := everywhere[name]; value != "" && found[name] == value {
			h.Warn(fmt.Errorf("git's config has credential.%s for all hosts, and it is not used: write credential.%s.%s", name, site(request), name))
			delete(found, name)
		}
	}
	return found, nil
}

// address is the request as a URL, for git to match.
func address(request gitcred.Credential) string {
	u := url.URL{Scheme: request.Protocol.Text(), Host: request.Host.Text(), Path: "/" + request.Path.Text()}
	if request.Username.IsSet() {
		u.User = url.User(request.Username.Text())
	}
	return u.String()
}

// parseSettings checks everything that a secret or a person will be sent to.
func parseSettings(request gitcred.Credential, found map[string]string) (settings, error) {
	provider := strings.ToLower(cmp.Or(found["provider"], providerOf(request)))
	p, ok := presets(provider)
	if !ok {
		return settings{}, fmt.Errorf("credential.provider: %.40q is none of github, gitlab, bitbucket, gitea, forgejo, generic", provider)
	}
	s := settings{username: cmp.Or(found["oauthdefaultusername"], p.username), hint: p.hint}
	s.ClientID, s.ClientSecret = found["oauthclientid"], found["oauthclientsecret"]
	s.Scopes = strings.Fields(cmp.Or(found["oauthscopes"], p.scopes))
	var errs [6]error
	read := endpoints{site(request), found}
	s.Endpoint.AuthURL, errs[0] = read.endpoint("oauthAuthorizeEndpoint", "oauthAuthURL", p.auth)
	s.Endpoint.TokenURL, errs[1] = read.endpoint("oauthTokenEndpoint", "oauthTokenURL", p.token)
	s.Endpoint.DeviceAuthURL, errs[2] = read.endpoint("oauthDeviceEndpoint", "oauthDeviceAuthURL", p.device)
	s.RedirectURL, errs[3] = read.either("oauthRedirectUri", "oauthRedirectURL")
	s.RedirectURL = cmp.Or(s.RedirectURL, loopback)
	s.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	header, err := truth(found, "oauthuseclientauthheader", p.header)
	if errs[4] = err; header {
		s.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	}
	s.auto, errs[5] = truth(found, "credmintautologin", false)
	interactive := strings.ToLower(found["interactive"])
	s.never = interactive == "never" || interactive == "false" || interactive == "no" || interactive == "off" || interactive == "0"
	if err := errors.Join(errs[:]...); err != nil {
		return settings{}, err
	}
	if s.Endpoint.TokenURL == "" || s.Endpoint.AuthURL == "" && s.Endpoint.DeviceAuthURL == "" {
		return settings{}, fmt.Errorf("git's config has an OAuth client for it, but not where to sign in: set credential.%s.provider "+
			"(github, gitlab, bitbucket, gitea, forgejo), or oauthAuthURL and oauthTokenURL", site(request))
	}
	return s, nil
}

// endpoints reads addresses by either of their names.
type endpoints struct {
	site  string
	found map[string]string
}

func (e endpoints) either(name, other string) (string, error) {
	one, two := e.found[strings.ToLower(name)], e.found[strings.ToLower(other)]
	if one != "" && two != "" && one != two {
		return "", fmt.Errorf("credential.%s.%s and %s say different things", e.site, name, other)
	}
	return cmp.Or(one, two), nil
}

func (e endpoints) endpoint(name, other, preset string) (string, error) {
	value, err := e.either(name, other)
	if value = cmp.Or(value, preset); err != nil || value == "" {
		return "", err
	}
	if strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "//") {
		value = e.site + value
	}
	if err := checkAddress(value); err != nil {
		return "", fmt.Errorf("credential.%s.%s: %w", e.site, name, err)
	}
	return value, nil
}

// checkAddress takes https, and http on this machine.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%.200q is no address that a token may be asked of", address)
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost" && !ip.IsLoopback()) {
		return fmt.Errorf("%.200q is not https", address)
	}
	return nil
}

// truth reads a boolean as git writes them.
func truth(found map[string]string, name string, otherwise bool) (bool, error) {
	switch strings.ToLower(found[name]) {
	case "":
		return otherwise, nil
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return false, fmt.Errorf("credential.%s is neither true nor false", name)
}
