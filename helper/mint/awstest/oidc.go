package awstest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// Issuer is an OpenID provider on a loopback address, with TLS: it signs tokens, and publishes the keys to verify them
// with. See https://openid.net/specs/openid-connect-discovery-1_0.html.
type Issuer struct {
	URL string // what its tokens' iss says

	key    *rsa.PrivateKey
	keyID  string
	server *httptest.Server
}

// Token is the claims of an ID token. Times are zero for the usual: issued now, for ten minutes.
type Token struct {
	Subject  string
	Audience string
	Issued   time.Time
	Expires  time.Time
}

// NewIssuer starts an issuer, which Close ends.
func NewIssuer() *Issuer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("awstest: " + err.Error())
	}
	i := &Issuer{key: key, keyID: rand.Text()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{
			"issuer": i.URL, "jwks_uri": i.URL + "/keys", "response_types_supported": []string{"id_token"},
			"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, keySet{Keys: []jsonKey{{
			Type: "RSA", Use: "sig", Algorithm: "RS256", ID: i.keyID,
			N: encodeURL(key.N.Bytes()), E: encodeURL(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	i.server = httptest.NewTLSServer(mux)
	i.URL = i.server.URL
	return i
}

// Close stops publishing the keys.
func (i *Issuer) Close() { i.server.Close() }

// keySet is RFC 7517's.
type keySet struct {
	Keys []jsonKey `json:"keys"`
}

type jsonKey struct {
	Type      string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	N         string `json:"n"`
	E         string `json:"e"`
}

// claims are those that AWS looks at.
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

// Sign makes a JSON Web Token (RFC 7519) of the claims.
func (i *Issuer) Sign(t Token) string {
	if t.Issued.IsZero() {
		t.Issued = time.Now()
	}
	if t.Expires.IsZero() {
		t.Expires = t.Issued.Add(10 * time.Minute)
	}
	return i.sign(map[string]string{"alg": "RS256", "typ": "JWT", "kid": i.keyID},
		claims{i.URL, t.Subject, t.Audience, t.Issued.Unix(), t.Expires.Unix()})
}

func (i *Issuer) sign(header, payload any) string {
	text := encodeJSON(header) + "." + encodeJSON(payload)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, i.key, crypto.SHA256, sum[:])
	if err != nil {
		panic("awstest: " + err.Error())
	}
	return text + "." + encodeURL(signature)
}

func encodeJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("awstest: " + err.Error())
	}
	return encodeURL(text)
}

func encodeURL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// parseToken reads a token's parts and takes nothing on trust but that they are there.
func parseToken(token string) (c claims, keyID string, signed string, signature []byte, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, "", "", nil, errors.New("not three parts")
	}
	var header struct {
		Algorithm string `json:"alg"`
		ID        string `json:"kid"`
	}
	if err := decodeJSON(parts[0], &header); err != nil {
		return c, "", "", nil, err
	}
	if header.Algorithm != "RS256" {
		return c, "", "", nil, fmt.Errorf("algorithm %q", header.Algorithm)
	}
	if err := decodeJSON(parts[1], &c); err != nil {
		return c, "", "", nil, err
	}
	signature, err = base64.RawURLEncoding.DecodeString(parts[2])
	return c, header.ID, parts[0] + "." + parts[1], signature, err
}

func decodeJSON(part string, v any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// publicKey fetches an issuer's key over TLS from where its discovery document says, trusting the one certificate that the
// IAM provider was made with.
func publicKey(issuer string, pinned *x509.Certificate, keyID string) (*rsa.PublicKey, error) {
	roots := x509.NewCertPool()
	roots.AddCert(pinned)
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
	}}
	var discovery struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	if err := fetch(client, issuer+"/.well-known/openid-configuration", &discovery); err != nil {
		return nil, err
	}
	if discovery.Issuer != issuer {
		return nil, fmt.Errorf("it calls itself %s", discovery.Issuer)
	}
	var keys keySet
	if err := fetch(client, discovery.Keys, &keys); err != nil {
		return nil, err
	}
	for _, k := range keys.Keys {
		if k.ID == keyID && k.Type == "RSA" {
			return k.public()
		}
	}
	return nil, errors.New("it has no such key")
}

func (k jsonKey) public() (*rsa.PublicKey, error) {
	n, err1 := base64.RawURLEncoding.DecodeString(k.N)
	e, err2 := base64.RawURLEncoding.DecodeString(k.E)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
}

func fetch(client *http.Client, url string, v any) error {
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(v)
}
