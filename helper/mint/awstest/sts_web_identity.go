package awstest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

func assumeRoleWithWebIdentityParams() []string {
	return []string{
		"RoleArn", "RoleSessionName", "WebIdentityToken", "ProviderId", "DurationSeconds", "Policy", "PolicyArns.member.",
	}
}

// assumeRoleWithWebIdentity takes no signature:
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html.
func (a *AWS) assumeRoleWithWebIdentity(r request) (any, *refusal) {
	life, failure := r.assumeRoleForm()
	if failure = first(failure, sized(r.params.Get("WebIdentityToken"), "webIdentityToken", 4, 20000)); failure != nil {
		return nil, failure
	}
	if r.params.Has("ProviderId") {
		return nil, invalid("ProviderId is for tokens of OAuth 2.0 providers, and this is none.")
	}
	scope, failure := r.scopeDown()
	if failure != nil {
		return nil, failure
	}
	roleARN, name := r.params.Get("RoleArn"), r.params.Get("RoleSessionName")
	provider, token, failure := a.verifyToken(r.params.Get("WebIdentityToken"), accountOf(roleARN))
	if failure != nil {
		return nil, failure
	}
	role := a.roles[roleARN]
	if role == nil || !role.Trust.federates(provider, token.Audience, token.Subject) {
		return nil, denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
	}
	if life > role.Trust.MaxDuration {
		return nil, invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	scope.FirstHand = true
	s := a.mint(role.grant(scope.Grant, name), life, r.fault)
	return struct {
		assumedRole
		SubjectFromWebIdentityToken, Provider, Audience string
	}{assumed(s, r.fault, scope.packed), token.Subject, provider, token.Audience}, nil
}

// verifyToken finds the provider that an account has for a token's issuer, and lets it vouch for the token.
func (a *AWS) verifyToken(text, account string) (arn string, c claims, _ *refusal) {
	c, keyID, signed, signature, err := parseToken(text)
	if err != nil {
		return "", c, badToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	arn = "arn:aws:iam::" + account + ":oidc-provider/" + strings.TrimPrefix(c.Issuer, "https://")
	provider := a.oidc[arn]
	if provider == nil {
		return "", c, badToken("No OpenIDConnect provider found in your account for " + c.Issuer)
	}
	key, err := publicKey(provider.issuer, provider.pinned, keyID)
	if err != nil {
		return "", c, refuse(http.StatusBadRequest, "IDPCommunicationError", "Couldn't retrieve verification key from your identity provider")
	}
	sum := sha256.Sum256([]byte(signed))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) != nil {
		return "", c, badToken("Couldn't verify the token's signature with a key of your identity provider")
	}
	return arn, c, c.check(provider.audiences, a.now())
}

// check holds a token whose signature is right to its time and its audience.
func (c claims) check(audiences []string, now time.Time) *refusal {
	issued, expires := time.Unix(c.Issued, 0), time.Unix(c.Expires, 0)
	switch {
	case c.Subject == "", c.Audience == "", c.Issued == 0, c.Expires == 0:
		return badToken("Missing a required claim: sub, aud, iat and exp must be there")
	case !now.Before(expires):
		return expired(fmt.Sprintf("Token expired: current date/time %s must be before the expiration date/time %s",
			now.UTC().Format(time.RFC3339), expires.UTC().Format(time.RFC3339)))
	case issued.After(now.Add(5 * time.Minute)):
		return badToken("The token was issued in the future")
	case !slices.Contains(audiences, c.Audience):
		return badToken("Incorrect token audience")
	}
	return nil
}

func badToken(message string) *refusal {
	return refuse(http.StatusBadRequest, "InvalidIdentityToken", message)
}

func expired(message string) *refusal {
	return refuse(http.StatusBadRequest, "ExpiredTokenException", message)
}
