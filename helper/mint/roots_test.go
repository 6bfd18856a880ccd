package mint

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"os"
	"strings"
	"testing"
)

// FuzzAppendCerts holds appendCerts to the library's way, on bundles that are written in all kinds of ways. Those are read into
// a pool that has a certificate already.
func FuzzAppendCerts(f *testing.F) {
	one := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: newCA(f)})
	two := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: newCA(f)})
	both := string(one) + "# another\n" + string(two)
	for _, text := range []string{
		"", "text", both, both + "more", strings.TrimSuffix(both, "\n"), "text" + both, "text\n" + both,
		strings.ReplaceAll(both, "\n", "\r\n"),
		strings.ReplaceAll(both, "\n", " \n"),
		strings.ReplaceAll(both, "\n-----END", "-----END"),
		strings.ReplaceAll(both, "\nM", "\nName: value\n\nM"),
		strings.ReplaceAll(both, "CERTIFICATE", "TRUSTED CERTIFICATE"),
		strings.Replace(both, "END CERTIFICATE", "END KEY", 1),
		strings.Replace(both, "-----END CERTIFICATE-----\n", "", 1),
		strings.Replace(both, "\nM", "\nN", 1),
		strings.Replace(both, "\nM", "\n", 1),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("key")})) + both,
		"-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n" + both,
		"-----BEGIN CERTIFICATE-----\n" + both,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, bundle string) {
		for _, base := range [][]byte{nil, one} {
			want, got := x509.NewCertPool(), x509.NewCertPool()
			want.AppendCertsFromPEM(base)
			got.AppendCertsFromPEM(base)
			any := want.AppendCertsFromPEM([]byte(bundle))
			if ok := appendCerts(got, []byte(bundle)); ok != any || !got.Equal(want) {
				t.Errorf("%t, want %t; the pools are equal: %t", ok, any, got.Equal(want))
			}
		}
	})
}

// What the system trusts is read as the library reads it.
func TestSystemRoots(t *testing.T) {
	bundle, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	if err != nil {
		t.Skip(err)
	}
	want, got := x509.NewCertPool(), x509.NewCertPool()
	if !want.AppendCertsFromPEM(bundle) || !appendCerts(got, bundle) || !got.Equal(want) {
		t.Error("the pools differ")
	}
}

// newCA is one that nobody else has.
func newCA(f *testing.F) []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "CA"}, IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		f.Fatal(err)
	}
	return raw
}
