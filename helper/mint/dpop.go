package mint

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// dpop proves that requests come from the holder of a key, as a refresh token that is bound to the key demands. See
// https://datatracker.ietf.org/doc/html/rfc9449.
type dpop struct {
	key   *ecdsa.PrivateKey // P-256
	now   func() time.Time
	nonce string // that the server wants in the next proof
}

// newDPoPKey makes the key of a new sign-in.
func newDPoPKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// add gives a request its proof.
func (d *dpop) add(r *http.Request) error {
	proof, err := d.proof(r.Method, r.URL)
	if err != nil {
		return err
	}
	r.Header.Set("DPoP", proof)
	return nil
}

// wanted reports whether a request was refused for want of the server's nonce, which is then in the next proof. Such a server
// has not looked at the rest of the request (RFC 9449 section 8).
func (d *dpop) wanted(err error) bool {
	d.nonce = wantedNonce(err)
	return d.nonce != ""
}

// wantedNonce is the nonce that a refusal asks for, and empty where it is refused for another reason.
func wantedNonce(err error) string {
	var resp *smithyhttp.ResponseError
	if !errors.As(err, &resp) || resp.Response == nil || resp.HTTPStatusCode() != http.StatusBadRequest && resp.HTTPStatusCode() != http.StatusUnauthorized {
		return ""
	}
	if code := loginCode(err); code != "" && code != "use_dpop_nonce" {
		return ""
	}
	return resp.Response.Header.Get("DPoP-Nonce")
}

// proof is a JWT for one request (RFC 9449 section 4.2), signed with ES256 (RFC 7518 section 3.4).
func (d *dpop) proof(method string, address *url.URL) (string, error) {
	jwk, err := publicJWK(&d.key.PublicKey)
	if err != nil {
		return "", err
	}
	htu := url.URL{Scheme: address.Scheme, Host: address.Host, Path: address.Path, RawPath: address.RawPath}
	text := part(map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}) + "." + part(struct {
		ID     string `json:"jti"`
		Method string `json:"htm"`
		URL    string `json:"htu"`
		Issued int64  `json:"iat"`
		Nonce  string `json:"nonce,omitempty"`
	}{rand.Text(), method, htu.String(), d.now().Unix(), d.nonce})
	hash := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, d.key, hash[:])
	if err != nil {
		return "", fmt.Errorf("sign a proof: %w", err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// publicJWK is RFC 7517's form of a P-256 key.
func publicJWK(key *ecdsa.PublicKey) (map[string]string, error) {
	point, err := key.Bytes() // 4, x, y
	if err != nil || len(point) != 65 {
		return nil, errors.New("the sign-in's key is no P-256 key")
	}
	return map[string]string{
		"kty": "EC", "crv": "P-256",
		"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:]),
	}, nil
}

// part is a part of a JWT. What it is given always marshals.
func part(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}
