package awstest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"time"
)

// RolesAnywherePrincipal is whom a role trusts that Roles Anywhere may assume.
const RolesAnywherePrincipal = "rolesanywhere.amazonaws.com"

// TrustAnchor is an authority whose certificates IAM Roles Anywhere takes, and a profile that says for which roles.
// https://docs.aws.amazon.com/rolesanywhere/latest/userguide/introduction.html#first-time-user
type TrustAnchor struct {
	ARN        string
	ProfileARN string

	aws      *AWS
	ca       *authority
	roles    []string
	named    bool // acceptRoleSessionName
	disabled bool
	longest  time.Duration
}

// AddTrustAnchor makes a trust anchor in a region, with a new authority, and a profile for some roles. Sessions last an
// hour at most.
func (a *AWS) AddTrustAnchor(region, account string, roleARNs ...string) *TrustAnchor {
	a.mu.Lock()
	defer a.mu.Unlock()
	prefix := "arn:aws:rolesanywhere:" + region + ":" + account + ":"
	t := &TrustAnchor{
		ARN: prefix + "trust-anchor/" + requestID(), ProfileARN: prefix + "profile/" + requestID(),
		aws: a, ca: newAuthority(), roles: roleARNs, longest: time.Hour,
	}
	a.anchors = append(a.anchors, t)
	return t
}

// AcceptSessionNames makes the profile take names for sessions, which it refuses otherwise.
func (t *TrustAnchor) AcceptSessionNames() { t.set(func() { t.named = true }) }

// SetLongest is the profile's durationSeconds, which cuts longer sessions short.
func (t *TrustAnchor) SetLongest(d time.Duration) { t.set(func() { t.longest = d }) }

// Disable makes the trust anchor trust nobody.
func (t *TrustAnchor) Disable() { t.set(func() { t.disabled = true }) }

func (t *TrustAnchor) set(change func()) {
	t.aws.mu.Lock()
	defer t.aws.mu.Unlock()
	change()
}

// Certificate is what an authority issued, in PEM form.
type Certificate struct {
	PEM, KeyPEM string // the key in PKCS#8
	ChainPEM    string // empty where the authority itself signed
	Serial      *big.Int
}

// Issue issues a certificate for a key. change may spoil it; with through there is an intermediate authority.
func (t *TrustAnchor) Issue(name string, key crypto.Signer, through bool, change func(*x509.Certificate)) Certificate {
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	validFor(template, -time.Hour, 24*time.Hour)
	if change != nil {
		change(template)
	}
	by, chain := t.ca, ""
	if through {
		middle := &x509.Certificate{
			Subject: pkix.Name{CommonName: "awstest intermediate CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		}
		validFor(middle, -time.Hour, 24*time.Hour)
		by = &authority{key: newKey()}
		by.cert = sign(middle, t.ca.cert, &by.key.PublicKey, t.ca.key)
		chain = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: by.cert.Raw}))
	}
	template.SerialNumber = serialNumber()
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, key.Public(), by.key)
	if err != nil {
		panic("awstest: " + err.Error())
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic("awstest: " + err.Error())
	}
	return Certificate{
		PEM:      string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		KeyPEM:   string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})),
		ChainPEM: chain, Serial: template.SerialNumber,
	}
}

// serialNumber is one of 20 bytes, as authorities give them, whose first decides nothing about its sign.
func serialNumber() *big.Int {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b[:])
}

// trusts checks a certificate, by https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html.
func (t *TrustAnchor) trusts(cert *x509.Certificate, chain []*x509.Certificate, now time.Time) *refusal {
	roots, middle := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(t.ca.cert)
	for _, c := range chain {
		middle.AddCert(c)
	}
	_, err := cert.Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: middle, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	switch {
	case t.disabled:
		return anywhereDenied("Trust anchor is not enabled")
	case err != nil:
		return anywhereDenied("Untrusted certificate. " + err.Error())
	case cert.Version != 3 || !cert.BasicConstraintsValid || cert.IsCA:
		return anywhereDenied("Untrusted signing certificate. Basic constraints: CA must be false")
	case cert.KeyUsage&x509.KeyUsageDigitalSignature == 0:
		return anywhereDenied("Untrusted signing certificate. Key usage: digital signature is missing")
	}
	return nil
}

// create makes the session of a role for the holder of a certificate. The mutex is held.
func (t *TrustAnchor) create(in anywhereInput, cert *x509.Certificate, f Fault) (*session, *refusal) {
	role := t.aws.roles[in.roleARN]
	switch {
	case role == nil || !slices.Contains(t.roles, in.roleARN) || !slices.Contains(role.Trust.Principals, RolesAnywherePrincipal):
		return nil, anywhereDenied("Unable to assume role for " + in.roleARN)
	case in.sessionName != "" && !t.named:
		return nil, anywhereDenied("Profile " + in.profileARN + " does not accept a custom role session name")
	}
	name := in.sessionName
	if name == "" {
		name = cert.SerialNumber.Text(16)
	}
	scope := Grant{SourceIdentity: "CN=" + cert.Subject.CommonName}
	return t.aws.mint(role.grant(scope, name), min(in.duration, t.longest), f), nil
}

// verifies checks a signature by a certificate's key, and that the algorithm is the key's.
func verifies(cert *x509.Certificate, way string, digest, signature []byte) bool {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return way == x509RSA && rsa.VerifyPKCS1v15(key, crypto.SHA256, digest, signature) == nil
	case *ecdsa.PublicKey:
		return way == x509ECDSA && ecdsa.VerifyASN1(key, digest, signature)
	}
	return false
}

// anchor finds the one that a request names, with its profile.
func (a *AWS) anchor(in anywhereInput) (*TrustAnchor, *refusal) {
	for _, t := range a.anchors {
		if t.ARN != in.anchorARN {
			continue
		}
		if t.ProfileARN != in.profileARN {
			return nil, refuse(404, "ResourceNotFoundException", "Profile with id "+in.profileARN[strings.LastIndex(in.profileARN, "/")+1:]+" does not exist")
		}
		return t, nil
	}
	return nil, refuse(404, "ResourceNotFoundException", "Trust Anchor with id "+in.anchorARN[strings.LastIndex(in.anchorARN, "/")+1:]+" does not exist")
}

func anywhereDenied(message string) *refusal { return refuse(403, "AccessDeniedException", message) }
