package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// Verifier is a new PKCE code verifier: 32 random bytes in 43 characters (RFC 7636 section 4.1).
func Verifier() string { return random() }

// Challenge is the S256 code challenge of a verifier (RFC 7636 section 4.2).
func Challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// State is a new value that ties an answer to the request it belongs to: OAuth's state, OpenID's nonce, SAML's RelayState.
// It has 43 characters, within the 80 bytes of a RelayState.
func State() string { return random() }

// SameState compares in constant time. An empty state is nobody's.
func SameState(got, want string) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}
