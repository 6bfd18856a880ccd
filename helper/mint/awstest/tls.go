package awstest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Flaw is what is wrong with the certificate of StartTLS.
type Flaw int

const (
	Expired   Flaw = iota + 1 // ended an hour ago
	WrongHost                 // vouches for wrong.example only
)

// authority is a CA with one server certificate.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority() *authority {
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "awstest CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	validFor(template, -time.Hour, 24*time.Hour)
	c := &authority{key: newKey()}
	c.cert = sign(template, template, &c.key.PublicKey, c.key)
	return c
}

// config is a server's, with a new certificate for the loopback addresses.
func (c *authority) config(flaws []Flaw) *tls.Config {
	template := &x509.Certificate{
		Subject:  pkix.Name{CommonName: "awstest"},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	validFor(template, -time.Hour, 24*time.Hour)
	if slices.Contains(flaws, Expired) {
		validFor(template, -2*time.Hour, -time.Hour)
	}
	if slices.Contains(flaws, WrongHost) {
		template.DNSNames, template.IPAddresses = []string{"wrong.example"}, nil
	}
	key := newKey()
	leaf := sign(template, c.cert, &key.PublicKey, c.key)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}}}
}

func validFor(c *x509.Certificate, from, to time.Duration) {
	now := time.Now()
	c.NotBefore, c.NotAfter = now.Add(from), now.Add(to)
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic("awstest: " + err.Error())
	}
	return key
}

func sign(template, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) *x509.Certificate {
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		panic("awstest: " + err.Error())
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic("awstest: " + err.Error())
	}
	return cert
}

// WriteCA writes the CA of StartTLS to a file in dir, in PEM form, and returns its name: what AWS_CA_BUNDLE is set to.
func (a *AWS) WriteCA(dir string) (string, error) {
	if a.authority == nil {
		return "", errors.New("awstest: there is no CA before StartTLS")
	}
	var b bytes.Buffer
	if err := pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: a.authority.cert.Raw}); err != nil {
		return "", fmt.Errorf("awstest: encode CA: %w", err)
	}
	path := filepath.Join(dir, "awstest-ca.pem")
	return path, os.WriteFile(path, b.Bytes(), 0o644)
}
