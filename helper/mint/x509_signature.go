package mint

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"credmint/helper/certificate"
)

// signX509 signs a request with a certificate's key: AWS's Signature Version 4 with another key, and with the certificate
// and its chain in headers. See https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-sign-process.html.
func signX509(req *http.Request, body []byte, id *certificate.Identity, region string, now time.Time) error {
	const compact = "20060102T150405Z"
	at := now.UTC().Format(compact)
	req.Header.Set("X-Amz-Date", at)
	req.Header.Set("X-Amz-X509", base64.StdEncoding.EncodeToString(id.Certificate.Raw))
	if len(id.Chain) > 0 {
		req.Header.Set("X-Amz-X509-Chain", encodeChain(id.Chain))
	}
	canonical, signed := canonicalRequest(req, body)
	algorithm := "AWS4-X509-ECDSA-SHA256"
	if _, ok := id.Key.(*rsa.PrivateKey); ok {
		algorithm = "AWS4-X509-RSA-SHA256" // PKCS #1 v1.5, which is what a crypto.Signer makes unless told otherwise
	}
	scope := at[:len("20060102")] + "/" + region + "/rolesanywhere/aws4_request"
	digest := sha256.Sum256([]byte(strings.Join([]string{algorithm, at, scope, sumHex([]byte(canonical))}, "\n")))
	signature, err := id.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return fmt.Errorf("sign with the certificate's key: %w", err)
	}
	req.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%x",
		algorithm, id.Certificate.SerialNumber, scope, signed, signature))
	return nil
}

func encodeChain(chain []*x509.Certificate) string {
	encoded := make([]string, len(chain))
	for i, c := range chain {
		encoded[i] = base64.StdEncoding.EncodeToString(c.Raw)
	}
	return strings.Join(encoded, ",")
}

// canonicalRequest is the form of a request that both sides hash: its headers so far are all signed. Their values have no
// space to be trimmed, and the path has no character to be escaped.
func canonicalRequest(req *http.Request, body []byte) (canonical, signed string) {
	values := map[string]string{"host": req.URL.Host}
	names := []string{"host"}
	for name := range req.Header {
		lower := strings.ToLower(name)
		names, values[lower] = append(names, lower), req.Header.Get(name)
	}
	slices.Sort(names)
	signed = strings.Join(names, ";")
	lines := []string{req.Method, req.URL.Path, strings.ReplaceAll(req.URL.Query().Encode(), "+", "%20")}
	for _, name := range names {
		lines = append(lines, name+":"+values[name])
	}
	return strings.Join(append(lines, "", signed, sumHex(body)), "\n"), signed
}

func sumHex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
