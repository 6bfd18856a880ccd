package awstest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
)

// outbound is the account's issuer of tokens for services outside of AWS.
type outbound struct {
	off bool
	rsa *rsa.PrivateKey // made when a token first needs them
	ec  *ecdsa.PrivateKey
}

// OutboundClaims is what a token says of whoever asked for it.
type OutboundClaims struct {
	Algorithm string            `json:"-"`
	Subject   string            `json:"sub"` // ARN of the user or role
	Audience  []string          `json:"aud"`
	Issued    int64             `json:"iat"` // Unix seconds
	Expires   int64             `json:"exp"`
	Tags      map[string]string `json:"request_tags"`
}

// SetOutboundIdentity switches the account's issuer on or off.
func (a *AWS) SetOutboundIdentity(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.outbound.off = !on
}

// getWebIdentityToken: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html.
func (a *AWS) getWebIdentityToken(r request) (any, *refusal) {
	claims, failure := r.outboundClaims(a.now())
	if failure != nil {
		return nil, failure
	}
	if a.outbound.off {
		return nil, refuse(http.StatusForbidden, "OutboundWebIdentityFederationDisabledException", "The outbound web identity federation feature is not enabled for this account.")
	}
	return struct{ WebIdentityToken, Expiration string }{
		a.outbound.sign(claims), time.Unix(claims.Expires, 0).UTC().Format(time.RFC3339),
	}, nil
}

func (r request) outboundClaims(now time.Time) (c OutboundClaims, _ *refusal) {
	var scope scopeDown
	c = OutboundClaims{Algorithm: r.params.Get("SigningAlgorithm"), Audience: r.list("Audience", ""), Subject: r.who.principal, Issued: now.Unix()}
	if failure := r.tags(&scope); failure != nil {
		return c, failure
	}
	c.Tags = scope.Tags
	if len(c.Audience) == 0 || len(c.Audience) > 10 {
		return c, constraint(fmt.Sprint(c.Audience), "audience", "Member must have length between 1 and 10")
	}
	for _, audience := range c.Audience {
		if failure := sized(audience, "audience", 1, 1000); failure != nil {
			return c, failure
		}
	}
	if !slices.Contains([]string{"RS256", "ES384"}, c.Algorithm) {
		return c, constraint(c.Algorithm, "signingAlgorithm", "Member must satisfy enum value set: [RS256, ES384]")
	}
	seconds := 300
	if text := r.params.Get("DurationSeconds"); text != "" {
		if _, err := fmt.Sscan(text, &seconds); err != nil || seconds < 60 || seconds > 3600 {
			return c, constraint(text, "durationSeconds", "Member must be between 60 and 3600")
		}
	}
	c.Expires = c.Issued + int64(seconds)
	return c, nil
}

// sign makes a JSON Web Token (RFC 7519) by RFC 7518 section 3.3 or 3.4.
func (o *outbound) sign(c OutboundClaims) string {
	header, _ := json.Marshal(map[string]string{"alg": c.Algorithm, "typ": "JWT"})
	payload, _ := json.Marshal(c) // of strings and numbers
	text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	var signature []byte
	if c.Algorithm == "RS256" {
		if o.rsa == nil {
			o.rsa, _ = rsa.GenerateKey(rand.Reader, 2048) // never fails
		}
		sum := sha256.Sum256([]byte(text))
		signature, _ = rsa.SignPKCS1v15(nil, o.rsa, crypto.SHA256, sum[:])
	} else {
		if o.ec == nil {
			o.ec, _ = ecdsa.GenerateKey(elliptic.P384(), rand.Reader) // never fails
		}
		sum := sha512.Sum384([]byte(text))
		r, s, _ := ecdsa.Sign(rand.Reader, o.ec, sum[:])
		signature = append(r.FillBytes(make([]byte, 48)), s.FillBytes(make([]byte, 48))...)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// OutboundToken verifies a token as a service would that trusts this account's issuer.
func (a *AWS) OutboundToken(token string) (c OutboundClaims, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, errors.New("it is no JSON Web Token")
	}
	var decoded [3][]byte
	for i, part := range parts {
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return c, err
		}
	}
	var header struct{ Alg string }
	if err := errors.Join(json.Unmarshal(decoded[0], &header), json.Unmarshal(decoded[1], &c)); err != nil {
		return c, err
	}
	c.Algorithm = header.Alg
	if !a.outbound.signed(parts[0]+"."+parts[1], header.Alg, decoded[2]) || a.now().Unix() >= c.Expires {
		return c, errors.New("its signature is wrong, or it is over")
	}
	return c, nil
}

func (o *outbound) signed(text, algorithm string, signature []byte) bool {
	switch {
	case algorithm == "RS256" && o.rsa != nil:
		sum := sha256.Sum256([]byte(text))
		return rsa.VerifyPKCS1v15(&o.rsa.PublicKey, crypto.SHA256, sum[:], signature) == nil
	case algorithm == "ES384" && o.ec != nil && len(signature) == 96:
		sum := sha512.Sum384([]byte(text))
		return ecdsa.Verify(&o.ec.PublicKey, sum[:], new(big.Int).SetBytes(signature[:48]), new(big.Int).SetBytes(signature[48:]))
	}
	return false
}
