package awstest

import (
	"crypto/x509"
	"slices"
	"strings"
)

// oidcProvider is an OpenID Connect provider in IAM: whose tokens an account takes, and for which audiences.
type oidcProvider struct {
	issuer    string
	pinned    *x509.Certificate
	audiences []string
}

// AddOIDCProvider makes an account take an issuer's tokens for the audiences ("client IDs"), and returns the provider's ARN.
func (a *AWS) AddOIDCProvider(account string, issuer *Issuer, audiences ...string) (arn string) {
	arn = "arn:aws:iam::" + account + ":oidc-provider/" + strings.TrimPrefix(issuer.URL, "https://")
	a.mu.Lock()
	defer a.mu.Unlock()
	a.oidc[arn] = &oidcProvider{issuer.URL, issuer.server.Certificate(), slices.Clone(audiences)}
	return arn
}

// AddSAMLProvider makes an account take an identity provider's assertions, and returns the provider's ARN.
func (a *AWS) AddSAMLProvider(account, name string, idp *IdentityProvider) (arn string) {
	arn = "arn:aws:iam::" + account + ":saml-provider/" + name
	a.mu.Lock()
	defer a.mu.Unlock()
	a.saml[arn] = idp
	return arn
}

// federates evaluates a trust policy for somebody whom an identity provider vouches for.
func (t Trust) federates(provider, audience, subject string) bool {
	return t.Federated != "" && t.Federated == provider && (t.Audience == "" || t.Audience == audience) &&
		(t.Subject == "" || t.Subject == subject)
}
