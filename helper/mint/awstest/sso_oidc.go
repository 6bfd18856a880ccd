package awstest

import (
	"crypto/subtle"
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
	// Of the scopes AWS documents, such as sso:account:access and codewhisperer:completions.
	scope := regexp.MustCompile(`^[a-z_]+(:[a-z_]+){1,2}$`)
	for _, s := range p["scopes"] {
		if !scope.MatchString(s) {
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
