package awstest

import (
	"crypto/subtle"
	"net/http"
)

// caller is whoever signed a request.
type caller struct {
	account, arn, userID string
	region               string   // signed for
	principal            string   // what trust policies name
	user                 *User    // of a long-lived key, or nil
	session              *session // or nil
}

// authenticate finds out who signed a request to a service, and checks the signature. The mutex is held.
func (a *AWS) authenticate(r *http.Request, body []byte, service string) (caller, *refusal) {
	s, tokens, failure := claim(r)
	if failure != nil {
		return caller{}, failure
	}
	who, secret, ok := a.owner(s.keyID, tokens)
	if !ok {
		return caller{}, refuse(http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	if failure := a.scoped(s, service, who); failure != nil {
		return caller{}, failure
	}
	if failure := s.verify(r, body, secret, a.now()); failure != nil {
		return caller{}, failure
	}
	if who.session != nil && !a.now().Before(who.session.Expires) {
		return caller{}, refuse(http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired")
	}
	who.region = s.region
	if k := a.keys[s.keyID]; k != nil {
		k.used, k.usedFor, k.usedIn = a.now(), service, s.region
	}
	return who, nil
}

// claim is the signature that a request has, in its header or in its address, and the session tokens beside it.
func claim(r *http.Request) (s signature, tokens []string, _ *refusal) {
	authorization, tokens := r.Header.Values("Authorization"), r.Header.Values("X-Amz-Security-Token")
	if r.URL.Query().Has("X-Amz-Algorithm") {
		if len(authorization)+len(tokens) > 0 {
			return s, nil, incomplete("A request is signed in its address or in its headers.")
		}
		return parsePresigned(r.URL.Query())
	}
	if len(authorization) == 0 {
		return s, nil, refuse(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	if len(authorization) > 1 || len(tokens) > 1 {
		return s, nil, incomplete("Authorization and X-Amz-Security-Token are given once.")
	}
	s, failure := parseAuthorization(authorization[0])
	return s, tokens, failure
}

// owner finds whose key it is. A session's comes with its own token, and a long-lived one with none.
func (a *AWS) owner(keyID string, tokens []string) (who caller, secret string, ok bool) {
	if k := a.keys[keyID]; k != nil {
		u := k.user
		if k.unseen > 0 {
			k.unseen--
			return caller{}, "", false
		}
		return caller{account: u.AccountID, arn: u.ARN, userID: u.UserID, principal: u.ARN, user: u}, k.Secret,
			!k.inactive && len(tokens) == 0
	}
	s := a.sessions[keyID]
	if s == nil || len(tokens) != 1 || subtle.ConstantTimeCompare([]byte(s.token), []byte(tokens[0])) != 1 {
		return caller{}, "", false
	}
	return caller{account: accountOf(s.ARN), arn: s.ARN, userID: s.UserID, principal: s.Principal, session: s}, s.secret, true
}

// scoped holds a signature to this endpoint.
func (a *AWS) scoped(s signature, service string, who caller) *refusal {
	switch {
	case s.service != service:
		return mismatch("Credential should be scoped to correct service: '" + service + "'.")
	case service == "iam" && s.region == "us-east-1": // of all regions, and in this one
		return nil
	case service == "iam":
		return mismatch("Credential should be scoped to a valid region.")
	case a.region != "" && s.region != a.region:
		return mismatch("Credential should be scoped to a valid region.")
	case a.disabled[s.region]:
		return refuse(http.StatusForbidden, "RegionDisabledException", "STS is not activated in this region for account:"+
			who.account+". Your account administrator can activate STS in this region using the IAM Console.")
	}
	return nil
}
