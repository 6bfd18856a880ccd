package awstest

import (
	"maps"
	"slices"
	"time"
)

// Grant is what a session may say of itself; it holds no secret.
type Grant struct {
	ARN            string // who calls
	UserID         string
	Principal      string // the user's or role's ARN, which trust policies name
	Role           bool   // of AssumeRole, not of GetSessionToken
	FirstHand      bool   // a role's that was assumed with a long-lived key, a token or an assertion: the console may keep it longer
	Federated      bool   // of GetFederationToken: it may ask STS for nothing more than who it is
	MFA            bool   // aws:MultiFactorAuthPresent
	SourceIdentity string
	Policy         string
	PolicyARNs     []string
	Tags           map[string]string
	Transitive     []string // keys of Tags that the next role in a chain inherits
	Issued         time.Time
	Expires        time.Time // the truth, whatever the answer claimed
}

// session is a Grant with its credentials.
type session struct {
	Grant
	keyID, secret, token string
	claimed              time.Time // the Expiration of the answer
}

// mint makes credentials for a Grant. The mutex is held.
func (a *AWS) mint(g Grant, life time.Duration, fault Fault) *session {
	if a.life > 0 {
		life = a.life
	}
	g.Issued = a.now()
	g.Expires = g.Issued.Add(life).Truncate(time.Second)
	s := &session{keyID: newID("ASIA"), secret: newSecret(), token: randomText(a.tokenSize), claimed: g.Expires}
	if !fault.Expiration.IsZero() {
		s.claimed = fault.Expiration
	}
	if fault.Life > 0 {
		g.Expires = g.Issued.Add(fault.Life)
	}
	s.Grant = g
	a.sessions[s.keyID] = s
	return s
}

// Session finds the credentials of a session this AWS made, for servers that verify what was signed with them.
func (a *AWS) Session(accessKeyID string) (secret, token string, expires time.Time, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.sessions[accessKeyID]
	if !ok {
		return "", "", time.Time{}, false
	}
	return s.secret, s.token, s.Expires, true
}

// Grant finds what a session this AWS made stands for.
func (a *AWS) Grant(accessKeyID string) (g Grant, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.sessions[accessKeyID]
	if !ok {
		return Grant{}, false
	}
	g = s.Grant
	g.Tags, g.PolicyARNs, g.Transitive = maps.Clone(g.Tags), slices.Clone(g.PolicyARNs), slices.Clone(g.Transitive)
	return g, true
}

// Expire ends a session now, before its time, and reports whether there is such a session.
func (a *AWS) Expire(accessKeyID string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.sessions[accessKeyID]
	if ok {
		s.Expires = a.now()
	}
	return ok
}
