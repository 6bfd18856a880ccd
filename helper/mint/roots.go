package mint

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"runtime"
	"strings"

	"credmint/helper"
	"credmint/helper/atomicfile"
)

// tlsConfig is for one endpoint. Plain http, which only loopback addresses may have, needs no roots.
func tlsConfig(c helper.Client) (*tls.Config, error) {
	if strings.HasPrefix(c.Endpoint, "http://") {
		return nil, nil
	}
	roots, err := rootCAs(c.CABundle)
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, err
}

// maxBundle is sixty times what Mozilla trusts.
const maxBundle = 16 << 20

// rootCAs trusts the named bundle alone, as the SDKs do, and without one what the system trusts; nil leaves that to the
// platform's verifier.
//
// On Linux the standard library reads the system's bundle and then, again, each certificate of /etc/ssl/certs, which
// costs several times the whole request. So the bundle is read here, and the library's way is taken where there is none
// or the user points elsewhere with SSL_CERT_FILE or SSL_CERT_DIR.
func rootCAs(bundle string) (*x509.CertPool, error) {
	if bundle != "" {
		pem, err := atomicfile.ReadLinked(bundle, maxBundle)
		if err != nil {
			return nil, fmt.Errorf("read the CA bundle: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("the CA bundle %s holds no certificate", bundle)
		}
		return pool, nil
	}
	if runtime.GOOS != "linux" || os.Getenv("SSL_CERT_FILE") != "" || os.Getenv("SSL_CERT_DIR") != "" {
		return nil, nil
	}
	// The places of crypto/x509 for Linux: Debian, Fedora, OpenSUSE and Alpine.
	for _, file := range []string{
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/ssl/cert.pem",
	} {
		if pem, err := os.ReadFile(file); err == nil {
			if pool := x509.NewCertPool(); pool.AppendCertsFromPEM(pem) {
				return pool, nil
			}
		}
	}
	return nil, nil
}
