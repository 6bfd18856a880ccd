package awstest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// The sign-in service: https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_Operations.html.

const (
	deviceGrant  = "urn:ietf:params:oauth:grant-type:device_code"
	codeGrant    = "authorization_code"
	refreshGrant = "refresh_token"

	pollInterval = time.Second
	codeLife     = 10 * time.Minute
	clientLife   = 90 * 24 * time.Hour
)

type ssoClient struct {
	id, secret string
	grants     []string
	redirects  []string
	scopes     []string
	expires    time.Time
}

// ssoCode is an authorization code.
type ssoCode struct {
	client              *ssoClient
	redirect, challenge string
	expires             time.Time
	session             *ssoSession // once it was used
	scopes              []string
}

// ssoDevice is a device that waits for its user.
type ssoDevice struct {
	client   *ssoClient
	userCode string
	answer   Answer // empty: nobody has come yet
	polled   time.Time
	expires  time.Time
	used     bool
}

func invalidRequest(format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, "InvalidRequestException", fmt.Sprintf(format, args...), "invalid_request"}
}

func oauth(status int, code, word, message string) *refusal {
	return &refusal{status, code, message, word}
}

func invalidGrant(message string) *refusal {
	return oauth(http.StatusBadRequest, "InvalidGrantException", "invalid_grant", message)
}

func oidcWords() words {
	return jsonWords(oauth(http.StatusBadRequest, "SlowDownException", "slow_down", "Rate exceeded"))
}

func oidcOperation(action string, known []string, do func(url.Values, Fault) (any, *refusal)) jsonOperation {
	return jsonOperation{
		action: action, words: oidcWords(), secret: []string{"clientSecret", "code", "codeVerifier", "deviceCode", "refreshToken"},
		params: func(r *http.Request) (url.Values, *refusal) {
			if r.Header.Get("Authorization") != "" {
				return nil, invalidRequest("%s takes no signature", action)
			}
			return jsonBody(r, known...)
		},
		do: do,
	}
}

// scopeForm is that of the scopes AWS documents, such as sso:account:access and codewhisperer:completions.
var scopeForm = regexp.MustCompile(`^[a-z_]+(:[a-z_]+){1,2}$`)

func (c *IdentityCenter) registerClient() jsonOperation {
	known := []string{"clientName", "clientType", "grantTypes", "redirectUris", "issuerUrl", "scopes"}
	return oidcOperation("RegisterClient", known, func(p url.Values, _ Fault) (any, *refusal) {
		if failure := c.checkClient(p); failure != nil {
			return nil, failure
		}
		client := &ssoClient{
			id: secretText(""), secret: secretText("eyJ"), grants: p["grantTypes"], redirects: p["redirectUris"], scopes: p["scopes"],
			expires: c.aws.now().Add(clientLife),
		}
		if len(client.grants) == 0 {
			client.grants = []string{deviceGrant, refreshGrant}
		}
		c.clients[client.id] = client
		return map[string]any{
			"clientId": client.id, "clientSecret": client.secret,
			"clientIdIssuedAt": c.aws.now().Unix(), "clientSecretExpiresAt": client.expires.Unix(),
			"authorizationEndpoint": nil, "tokenEndpoint": nil,
		}, nil
	})
}

func (c *IdentityCenter) checkClient(p url.Values) *refusal {
	grants := p["grantTypes"]
	for _, g := range grants {
		if g != codeGrant && g != refreshGrant && g != deviceGrant {
			return oauth(http.StatusBadRequest, "UnsupportedGrantTypeException", "unsupported_grant_type", g)
		}
	}
	for _, s := range p["scopes"] {
		if !scopeForm.MatchString(s) {
			return oauth(http.StatusBadRequest, "InvalidScopeException", "invalid_scope", "Invalid scope: "+s)
		}
	}
	metadata := func(message string) *refusal {
		return oauth(http.StatusBadRequest, "InvalidClientMetadataException", "invalid_client_metadata", message)
	}
	switch {
	case p.Get("clientName") == "" || len(p.Get("clientName")) > 128:
		return metadata("Invalid client name")
	case p.Get("clientType") != "public":
		return metadata("Invalid client type")
	case !slices.Contains(grants, codeGrant):
		return nil
	case p.Get("issuerUrl") != c.StartURL:
		return metadata("Invalid issuer URL")
	case len(p["redirectUris"]) == 0 || len(p["scopes"]) == 0:
		return metadata("A client of authorization codes needs redirect URIs and scopes")
	}
	for _, redirect := range p["redirectUris"] {
		if u, err := url.Parse(redirect); err != nil || u.Scheme != "http" || u.Host != "127.0.0.1" || u.Path == "" {
			return oauth(http.StatusBadRequest, "InvalidRedirectUriException", "invalid_redirect_uri", redirect)
		}
	}
	return nil
}

// client authenticates a client that may use a grant; none: any.
func (c *IdentityCenter) client(p url.Values, grant string) (*ssoClient, *refusal) {
	client := c.clients[p.Get("clientId")]
	if client == nil || subtle.ConstantTimeCompare([]byte(client.secret), []byte(p.Get("clientSecret"))) != 1 || !c.aws.now().Before(client.expires) {
		return nil, oauth(http.StatusUnauthorized, "InvalidClientException", "invalid_client", "Invalid client provided")
	}
	if grant != "" && !slices.Contains(client.grants, grant) {
		return nil, oauth(http.StatusBadRequest, "UnauthorizedClientException", "unauthorized_client", "Client is not authorized for "+grant)
	}
	return client, nil
}

func (c *IdentityCenter) startDeviceAuthorization() jsonOperation {
	known := []string{"clientId", "clientSecret", "startUrl"}
	return oidcOperation("StartDeviceAuthorization", known, func(p url.Values, _ Fault) (any, *refusal) {
		client, failure := c.client(p, deviceGrant)
		if failure != nil {
			return nil, failure
		}
		if p.Get("startUrl") != c.StartURL {
			return nil, invalidRequest("Invalid start url provided")
		}
		d := &ssoDevice{client: client, userCode: userCode(), expires: c.aws.now().Add(codeLife)}
		code := secretText("")
		c.devices[code] = d
		page := c.aws.server.URL + "/device"
		return map[string]any{
			"deviceCode": code, "userCode": d.userCode, "verificationUri": page,
			"verificationUriComplete": page + "?user_code=" + d.userCode,
			"expiresIn":               int(codeLife.Seconds()), "interval": int(pollInterval.Seconds()),
		}, nil
	})
}

func (c *IdentityCenter) createToken() jsonOperation {
	known := []string{"clientId", "clientSecret", "grantType", "code", "codeVerifier", "redirectUri", "deviceCode", "refreshToken", "scope"}
	return oidcOperation("CreateToken", known, func(p url.Values, _ Fault) (any, *refusal) {
		grant := p.Get("grantType")
		spend := map[string]func(*ssoClient, url.Values) (*ssoSession, *refusal){
			codeGrant: c.spendCode, deviceGrant: c.spendDevice, refreshGrant: c.spendRefresh,
		}[grant]
		if spend == nil {
			return nil, oauth(http.StatusBadRequest, "UnsupportedGrantTypeException", "unsupported_grant_type", grant)
		}
		client, failure := c.client(p, grant)
		if failure != nil {
			return nil, failure
		}
		session, failure := spend(client, p)
		if failure != nil {
			return nil, failure
		}
		return c.issue(client, session), nil
	})
}

// issue hands out an access token and, to clients that have scopes and may refresh, the one refresh token of the session.
func (c *IdentityCenter) issue(client *ssoClient, session *ssoSession) any {
	life := min(c.tokenLife, session.expires.Sub(c.aws.now()))
	access := secretText("aoa")
	c.tokens[access] = &ssoToken{session, c.aws.now().Add(life)}
	answer := map[string]any{"accessToken": access, "expiresIn": int(life.Seconds()), "tokenType": "Bearer"}
	if len(client.scopes) > 0 && slices.Contains(client.grants, refreshGrant) {
		token := secretText("aor")
		c.refresh[token] = &ssoRefresh{session: session, client: client.id}
		answer["refreshToken"] = token
	}
	return answer
}

func (c *IdentityCenter) newSession(scopes []string) *ssoSession {
	return &ssoSession{user: c.person, scopes: scopes, expires: c.aws.now().Add(c.signInLife)}
}

// spendCode exchanges an authorization code: RFC 6749 section 4.1.3, RFC 7636 section 4.6.
func (c *IdentityCenter) spendCode(client *ssoClient, p url.Values) (*ssoSession, *refusal) {
	code := c.codes[p.Get("code")]
	switch {
	case code == nil || code.client != client || !c.aws.now().Before(code.expires):
		return nil, invalidGrant("Invalid authorization code provided")
	case code.session != nil:
		code.session.over = true
		return nil, invalidGrant("The authorization code was used already")
	case p.Get("redirectUri") != code.redirect:
		return nil, invalidGrant("Invalid redirect URI provided")
	case challenge(p.Get("codeVerifier")) != code.challenge:
		return nil, invalidGrant("Invalid code verifier provided")
	}
	code.session = c.newSession(code.scopes)
	return code.session, nil
}

// challenge is RFC 7636's S256, of a verifier in its form.
func challenge(verifier string) string {
	if len(verifier) < 43 || len(verifier) > 128 {
		return "none"
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// spendDevice answers a poll: RFC 8628 section 3.5.
func (c *IdentityCenter) spendDevice(client *ssoClient, p url.Values) (*ssoSession, *refusal) {
	d := c.devices[p.Get("deviceCode")]
	if d == nil || d.client != client || d.used {
		return nil, invalidGrant("Invalid device code provided")
	}
	now := c.aws.now()
	early := now.Sub(d.polled) < pollInterval
	d.polled = now
	switch {
	case !now.Before(d.expires):
		return nil, oauth(http.StatusBadRequest, "ExpiredTokenException", "expired_token", "Device code has expired")
	case early || c.slowDowns > 0:
		c.slowDowns = max(0, c.slowDowns-1)
		return nil, oauth(http.StatusBadRequest, "SlowDownException", "slow_down", "")
	case d.answer == Refused:
		return nil, oauth(http.StatusBadRequest, "AccessDeniedException", "access_denied", "")
	case d.answer != Approved:
		return nil, oauth(http.StatusBadRequest, "AuthorizationPendingException", "authorization_pending", "")
	}
	d.used = true
	return c.newSession(client.scopes), nil
}

// spendRefresh takes a refresh token once.
func (c *IdentityCenter) spendRefresh(client *ssoClient, p url.Values) (*ssoSession, *refusal) {
	r := c.refresh[p.Get("refreshToken")]
	if r == nil || r.client != client.id {
		return nil, invalidGrant("Invalid refresh token provided")
	}
	if r.spent {
		r.session.over = true
	}
	if !r.session.valid(c.aws.now()) {
		return nil, invalidGrant("Invalid refresh token provided")
	}
	r.spent = true
	return r.session, nil
}
