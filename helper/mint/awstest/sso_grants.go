package awstest

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
)

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
