package awstest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"strings"
	"time"
)

// proofTolerance is between a proof's time and AWS's. AWS documents none.
const proofTolerance = 5 * time.Minute

// proofHeader and proofClaims are all that a proof may say: https://datatracker.ietf.org/doc/html/rfc9449#section-4.2.
type (
	proofHeader struct {
		Type      string   `json:"typ"`
		Algorithm string   `json:"alg"`
		Key       proofKey `json:"jwk"`
	}
	proofClaims struct {
		ID     string `json:"jti"`
		Method string `json:"htm"`
		URL    string `json:"htu"`
		Issued int64  `json:"iat"`
		Nonce  string `json:"nonce"`
	}
	proofKey struct {
		Type  string `json:"kty"`
		Curve string `json:"crv"`
		X     string `json:"x"`
		Y     string `json:"y"`
	}
)

// proof verifies the proof of a request (RFC 9449 section 4.3) and returns its key's thumbprint. Where a nonce is
// demanded and is not there, the answer has it.
func (c *Console) proof(w http.ResponseWriter, r *http.Request) (thumbprint string, _ *refusal) {
	invalid := func(why string) (string, *refusal) {
		return "", consoleError("ValidationException", "INVALID_REQUEST", "Invalid DPoP proof: %s", why)
	}
	values := r.Header.Values("DPoP")
	if len(values) != 1 {
		return invalid("there must be one")
	}
	parts := strings.Split(values[0], ".")
	if len(parts) != 3 {
		return invalid("it is no JWT")
	}
	var header proofHeader
	var claims proofClaims
	if !decodePart(parts[0], &header) || !decodePart(parts[1], &claims) {
		return invalid("it has other parts than a proof")
	}
	key, ok := header.Key.public()
	now, issued := c.aws.now(), time.Unix(claims.Issued, 0)
	switch {
	case header.Type != "dpop+jwt" || header.Algorithm != "ES256" || !ok:
		return invalid("it must be a dpop+jwt of ES256 with a P-256 key")
	case !verifyES256(key, parts):
		return invalid("its signature is not that of its key")
	case claims.Method != r.Method || claims.URL != address(r).JoinPath(r.URL.Path).String():
		return invalid("it is of another request")
	case issued.Before(now.Add(-proofTolerance)) || issued.After(now.Add(proofTolerance)):
		return invalid("it is not of now")
	case claims.ID == "" || c.proofs[claims.ID]:
		return invalid("it was used already")
	}
	c.proofs[claims.ID] = true
	if claims.Nonce != c.nonce {
		w.Header().Set("DPoP-Nonce", c.nonce)
		return "", consoleError("ValidationException", "use_dpop_nonce", "Use the nonce of this answer.")
	}
	return header.Key.thumbprint(), nil
}

// decodePart reads a part of a JWT that has no other members than v.
func decodePart(part string, v any) bool {
	text, err := base64.RawURLEncoding.DecodeString(part)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err != nil || d.Decode(v) != nil {
		return false
	}
	_, err = d.Token()
	return err == io.EOF
}

// public is the key, if it is a point of the curve in RFC 7518's form: 32 bytes each.
func (k proofKey) public() (*ecdsa.PublicKey, bool) {
	x, err1 := base64.RawURLEncoding.DecodeString(k.X)
	y, err2 := base64.RawURLEncoding.DecodeString(k.Y)
	if k.Type != "EC" || k.Curve != "P-256" || err1 != nil || err2 != nil || len(x) != 32 || len(y) != 32 {
		return nil, false
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	return key, err == nil
}

// thumbprint is RFC 7638's.
func (k proofKey) thumbprint() string {
	sum := sha256.Sum256([]byte(`{"crv":"` + k.Curve + `","kty":"` + k.Type + `","x":"` + k.X + `","y":"` + k.Y + `"}`))
	return encodeURL(sum[:])
}

// verifyES256 checks the signature of a JWT in its three parts: RFC 7518 section 3.4.
func verifyES256(key *ecdsa.PublicKey, parts []string) bool {
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return false
	}
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	return ecdsa.Verify(key, hash[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
}

// signES256 is its reverse.
func signES256(header, claims any, key *ecdsa.PrivateKey) string {
	text := encodeJSON(header) + "." + encodeJSON(claims)
	hash := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, hash[:])
	if err != nil {
		panic("awstest: " + err.Error())
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + encodeURL(signature)
}
