// Package certificate reads an X.509 identity (a certificate, its chain and the key that signs for it) from files: PEM, or
// PKCS#12 with a password or without.
//
// It refuses a key that others can read, one that does not belong to the certificate, and keys that IAM Roles Anywhere
// does not take: RSA and elliptic curves are all it knows.
package certificate

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"credmint/helper/atomicfile"
)

// maxFile bounds what is read of one file: a chain has a few KiB.
const maxFile = 1 << 20

// Identity is a certificate, the intermediate ones between it and its root, and its key.
type Identity struct {
	Certificate *x509.Certificate
	Chain       []*x509.Certificate
	Key         crypto.Signer // *rsa.PrivateKey or *ecdsa.PrivateKey
}

// Files are the paths of an identity. Key is empty where Certificate holds the key too, as a PKCS#12 file does, and Chain
// where Certificate holds all of it.
type Files struct{ Certificate, Key, Chain string }

// Read reads an identity. password is asked for that of a PKCS#12 file that does not open without one. Nothing of a key or
// a password is in an error.
func Read(f Files, password func() (string, error)) (*Identity, error) {
	data, err := atomicfile.ReadLinked(f.Certificate, maxFile)
	if err == nil && f.Key == "" && holdsKey(data) {
		data, err = atomicfile.ReadPrivate(f.Certificate, maxFile)
	}
	if err != nil {
		return nil, err
	}
	id := &Identity{}
	if isPEM(data) {
		err = id.readPEM(f, data)
	} else {
		err = id.readPKCS12(f, data, password)
	}
	if err == nil {
		err = id.check(f)
	}
	if err != nil {
		return nil, err
	}
	return id, nil
}

func isPEM(data []byte) bool { return bytes.Contains(data, []byte("-----BEGIN ")) }

func holdsKey(data []byte) bool {
	return !isPEM(data) || bytes.Contains(data, []byte("PRIVATE KEY-----"))
}

func (id *Identity) readPEM(f Files, data []byte) error {
	certs, err := certificates(f.Certificate, data)
	if err != nil {
		return err
	}
	id.Certificate, id.Chain = certs[0], certs[1:]
	keyFile := f.Key
	if keyFile == "" {
		keyFile = f.Certificate
	} else if data, err = atomicfile.ReadPrivate(keyFile, maxFile); err != nil {
		return err
	}
	if id.Key, err = privateKey(keyFile, data); err != nil || f.Chain == "" {
		return err
	}
	if data, err = atomicfile.ReadLinked(f.Chain, maxFile); err != nil {
		return err
	}
	more, err := certificates(f.Chain, data)
	id.Chain = append(id.Chain, more...)
	return err
}

// certificates are those of a PEM file, of which there is one at least.
func certificates(path string, data []byte) (certs []*x509.Certificate, err error) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: certificate %d: %w", path, len(certs)+1, err)
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", path)
	}
	return certs, nil
}

// privateKey is the first of a PEM file: PKCS#8, PKCS#1 or SEC 1.
func privateKey(path string, data []byte) (crypto.Signer, error) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return nil, fmt.Errorf("%s: the key is encrypted: keep it in a PKCS#12 file instead "+
				"(openssl pkcs12 -export -in CERTIFICATE -inkey KEY -out FILE)", path)
		}
		return parseKey(path, block)
	}
	return nil, fmt.Errorf("%s holds no private key in PEM form", path)
}

func parseKey(path string, block *pem.Block) (crypto.Signer, error) {
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: the private key cannot be read", path) // the library's words may quote it
	}
	return signer(path, key)
}

func signer(path string, key any) (crypto.Signer, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return key, nil
	case *ecdsa.PrivateKey:
		return key, nil
	}
	return nil, fmt.Errorf("%s: AWS takes RSA and elliptic curve keys, and this is another kind", path)
}

// readPKCS12 reads the one key of a file and the certificates with it. Those that signed themselves came along with an
// export: AWS has the root already.
func (id *Identity) readPKCS12(f Files, data []byte, password func() (string, error)) error {
	if f.Key != "" || f.Chain != "" {
		return fmt.Errorf("%s is no PEM file; if it is PKCS#12, it holds the key and the chain, and no other file goes with it", f.Certificate)
	}
	key, cert, chain, err := pkcs12.DecodeChain(data, "")
	if errors.Is(err, pkcs12.ErrIncorrectPassword) {
		var text string
		if text, err = password(); err != nil {
			return fmt.Errorf("%s: its password: %w", f.Certificate, err)
		}
		key, cert, chain, err = pkcs12.DecodeChain(data, text)
	}
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return fmt.Errorf("%s: the password is wrong", f.Certificate)
	case err != nil:
		return fmt.Errorf("%s is neither a PEM nor a PKCS#12 file that can be read: %w", f.Certificate, err)
	}
	id.Certificate = cert
	for _, c := range chain {
		if !bytes.Equal(c.RawIssuer, c.RawSubject) {
			id.Chain = append(id.Chain, c)
		}
	}
	id.Key, err = signer(f.Certificate, key)
	return err
}

func (id *Identity) check(f Files) error {
	public, ok := id.Key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(id.Certificate.PublicKey) {
		return fmt.Errorf("the private key does not belong to the certificate %s", f.Certificate)
	}
	return nil
}

// ValidAt says why the certificate cannot be used at t, if it cannot.
func (id *Identity) ValidAt(t time.Time) error {
	switch c := id.Certificate; {
	case t.After(c.NotAfter):
		return fmt.Errorf("the certificate ended %s ago, on %s", span(t.Sub(c.NotAfter)), c.NotAfter.Format(time.DateOnly))
	case t.Before(c.NotBefore):
		return fmt.Errorf("the certificate begins in %s, by this machine's clock", span(c.NotBefore.Sub(t)))
	}
	return nil
}

func span(d time.Duration) string {
	if days := int(d.Hours()) / 24; days > 1 {
		return fmt.Sprintf("%d days", days)
	}
	return d.Round(time.Second).String()
}
