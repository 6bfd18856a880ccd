package plaintext

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	josecipher "github.com/go-jose/go-jose/v4/cipher"
)

// jwe is a JSON Web Encryption in compact form (https://www.rfc-editor.org/rfc/rfc7516#section-7.1), of the one kind that
// https://github.com/99designs/keyring writes: PBES2-HS256+A128KW and A256GCM. It is put together of go-jose's parts, since
// the whole of that library, which knows all kinds, takes a quarter of a megabyte.
type jwe struct {
	protected                   string // the header as it stands
	salt, key, nonce, text, tag []byte
	rounds                      int
}

const (
	jweAlgorithm = "PBES2-HS256+A128KW"
	jweContent   = "A256GCM"
	jweRounds    = 1e6 // what opening one may take is for its writer to say, up to this
)

var errJWE = errors.New("no JWE under a passphrase")

// parseJWE takes one apart. What it does not know it refuses.
func parseJWE(compact string) (jwe, error) {
	parts := strings.Split(compact, ".")
	if len(parts) != 5 {
		return jwe{}, errJWE
	}
	var decoded [5][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return jwe{}, errJWE
		}
	}
	var header struct {
		Alg, Enc, P2s string
		P2c           int
		Zip           string
		Crit          json.RawMessage
	}
	if json.Unmarshal(decoded[0], &header) != nil || header.Alg != jweAlgorithm || header.Enc != jweContent ||
		header.Zip != "" || header.Crit != nil || header.P2c < 1 || header.P2c > jweRounds {
		return jwe{}, errJWE
	}
	salt, err := base64.RawURLEncoding.DecodeString(header.P2s)
	if err != nil || len(salt) == 0 {
		return jwe{}, errJWE
	}
	return jwe{
		protected: parts[0], rounds: header.P2c,
		salt: salt, key: decoded[1], nonce: decoded[2], text: decoded[3], tag: decoded[4],
	}, nil
}

// open decrypts it. See https://www.rfc-editor.org/rfc/rfc7518#section-4.8 for how the passphrase becomes a key.
func (j jwe) open(passphrase string) ([]byte, error) {
	wrapping, err := pbkdf2.Key(sha256.New, passphrase, append([]byte(jweAlgorithm+"\x00"), j.salt...), j.rounds, 16)
	if err != nil {
		return nil, err
	}
	wrapper, err := aes.NewCipher(wrapping)
	if err != nil {
		return nil, err
	}
	key, err := josecipher.KeyUnwrap(wrapper, j.key)
	if err != nil {
		return nil, err
	}
	if len(key) != 32 {
		return nil, errJWE
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	sealed, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	if len(j.nonce) != sealed.NonceSize() || len(j.tag) != sealed.Overhead() {
		return nil, errJWE
	}
	return sealed.Open(nil, j.nonce, slices.Concat(j.text, j.tag), []byte(j.protected))
}
