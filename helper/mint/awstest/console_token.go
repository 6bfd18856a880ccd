package awstest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// consoleError is a refusal as the service words it: a type of AWS's, and a code of its own.
func consoleError(kind, code, format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, kind, fmt.Sprintf(format, args...), code}
}

func accessDenied(code, message string) *refusal {
	return consoleError("AccessDeniedException", code, "%s", message)
}

func badRequest(format string, args ...any) *refusal {
	return consoleError("ValidationException", "INVALID_REQUEST", format, args...)
}

func consoleWords() words {
	return words{
		&refusal{http.StatusTooManyRequests, "TooManyRequestsError", "Rate exceeded", "INVALID_REQUEST"}, (*refusal).writeConsole,
	}
}

func (e *refusal) writeConsole(w http.ResponseWriter, _ string) {
	w.Header().Set("X-Amzn-ErrorType", e.code)
	writeJSON(w, e.status, map[string]string{"error": e.oauth, "message": e.message})
}

// createToken exchanges a code or a refresh token.
func (c *Console) createToken(w http.ResponseWriter, r *http.Request) jsonOperation {
	known := []string{"clientId", "grantType", "code", "codeVerifier", "redirectUri", "refreshToken"}
	return jsonOperation{
		action: "CreateOAuth2Token", words: consoleWords(), secret: []string{"code", "codeVerifier", "refreshToken"},
		params: func(r *http.Request) (url.Values, *refusal) {
			if r.Method != http.MethodPost || r.Header.Get("Authorization") != "" {
				return nil, badRequest("Send a JSON object by POST, with no signature.")
			}
			params, failure := jsonBody(r, known...)
			if failure != nil {
				failure = badRequest("%s", failure.message)
			}
			return params, failure
		},
		do: func(p url.Values, f Fault) (any, *refusal) {
			thumbprint, failure := c.proof(w, r)
			if failure != nil {
				return nil, failure
			}
			signIn, first, failure := c.spend(p, thumbprint)
			if failure != nil {
				return nil, failure
			}
			return c.issue(signIn, first, f), nil
		},
	}
}

// spend takes what a request has, and nothing that its grant does not need.
func (c *Console) spend(p url.Values, thumbprint string) (signIn *consoleSignIn, first bool, _ *refusal) {
	needs := map[string][]string{codeGrant: {"code", "codeVerifier", "redirectUri"}, refreshGrant: {"refreshToken"}}[p.Get("grantType")]
	if needs == nil {
		return nil, false, consoleError("ValidationException", "unsupported_grant_type", "%q is no grant type", p.Get("grantType"))
	}
	needs = append(needs, "clientId", "grantType")
	for _, name := range needs {
		if p.Get(name) == "" {
			return nil, false, badRequest("%s is required", name)
		}
	}
	for name := range p {
		if !slices.Contains(needs, name) {
			return nil, false, badRequest("%s does not belong to %s", name, p.Get("grantType"))
		}
	}
	if p.Get("grantType") == codeGrant {
		signIn, failure := c.spendCode(p, thumbprint)
		return signIn, true, failure
	}
	signIn, failure := c.spendRefresh(p, thumbprint)
	return signIn, false, failure
}

// spendCode: RFC 6749 section 4.1.3, RFC 7636 section 4.6. The key of the proof is the one of the sign-in from now on.
func (c *Console) spendCode(p url.Values, thumbprint string) (*consoleSignIn, *refusal) {
	code := c.codes[p.Get("code")]
	switch {
	case code == nil || code.client != p.Get("clientId"):
		return nil, badRequest("The authorization code is invalid.")
	case code.signIn != nil:
		code.signIn.over = "TOKEN_EXPIRED"
		return nil, accessDenied("AUTHCODE_EXPIRED", "The authorization code was used already.")
	case !c.aws.now().Before(code.expires):
		return nil, accessDenied("AUTHCODE_EXPIRED", "The authorization code has expired.")
	case p.Get("redirectUri") != code.redirect:
		return nil, badRequest("The redirect URI is not the one of the authorization.")
	case challenge(p.Get("codeVerifier")) != code.challenge:
		return nil, badRequest("The code verifier does not belong to the challenge.")
	}
	if failure := c.permitted(code.who); failure != nil {
		return nil, failure
	}
	code.signIn = &consoleSignIn{who: code.who, client: code.client, thumbprint: thumbprint, expires: c.aws.now().Add(c.life)}
	return code.signIn, nil
}

// spendRefresh takes a refresh token once, from the holder of its key.
func (c *Console) spendRefresh(p url.Values, thumbprint string) (*consoleSignIn, *refusal) {
	r := c.refresh[p.Get("refreshToken")]
	if r == nil || r.signIn.client != p.Get("clientId") || r.signIn.thumbprint != thumbprint {
		return nil, badRequest("The refresh token is invalid.")
	}
	if r.spent && r.signIn.over == "" {
		r.signIn.over = "TOKEN_EXPIRED"
	}
	switch {
	case r.signIn.over != "":
		return nil, accessDenied(r.signIn.over, "The sign-in is over.")
	case !c.aws.now().Before(r.signIn.expires):
		return nil, accessDenied("TOKEN_EXPIRED", "The refresh token has expired.")
	}
	if failure := c.permitted(r.signIn.who); failure != nil {
		return nil, failure
	}
	r.spent = true
	return r.signIn, nil
}

// issue makes credentials, and the next refresh token. Who it was is told once, at the sign-in.
func (c *Console) issue(signIn *consoleSignIn, first bool, f Fault) any {
	grant, _ := c.aws.identityGrant(signIn.who)
	s := c.aws.mint(grant, min(consoleSession, signIn.expires.Sub(c.aws.now())), f)
	token := secretText("")
	c.refresh[token] = &consoleRefresh{signIn: signIn}
	answer := map[string]any{
		"accessToken": map[string]string{"accessKeyId": s.keyID, "secretAccessKey": s.secret, "sessionToken": s.token},
		"tokenType":   "aws_sigv4", "refreshToken": token, "expiresIn": int(s.claimed.Sub(c.aws.now()) / time.Second),
	}
	if f.Empty {
		delete(answer, "accessToken")
	}
	if f.NoExpiry {
		delete(answer, "expiresIn")
	}
	if first {
		answer["idToken"] = c.idToken(signIn)
	}
	return answer
}

// permitted refuses whom a policy keeps from signing in for tools: signin:CreateOAuth2Token, which root users always have.
func (c *Console) permitted(who string) *refusal {
	if _, ok := c.aws.identityGrant(who); !ok || c.denied && !isRoot(who) {
		return accessDenied("INSUFFICIENT_PERMISSIONS", "The identity may not sign in for tools.")
	}
	return nil
}

// idToken has the claims of those that the AWS CLI's own tests show; AWS documents none of them.
func (c *Console) idToken(signIn *consoleSignIn) string {
	now := c.aws.now()
	return signES256(map[string]any{"alg": "ES256", "typ": "JWT"}, map[string]any{
		"iss": "https://signin.aws.amazon.com/signin", "aud": signIn.client, "sub": signIn.who, "session_arn": signIn.who,
		"iat": now.Unix(), "exp": now.Add(consoleSession).Unix(),
	}, newKey()) // which nobody else has: clients trust the connection
}
