package certificate_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper/certificate"
	"credmint/helper/platformtest"
)

var now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// authority issues certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func issue(t *testing.T, by *authority, name string, key crypto.Signer, ca bool) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour),
		NotAfter: now.Add(24 * time.Hour), IsCA: ca, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func newEC(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// files is a directory with a root, an intermediate authority, and certificates of it with keys in all forms.
type files struct {
	dir  string
	leaf *x509.Certificate
}

func newFiles(t *testing.T) *files {
	t.Helper()
	f := &files{dir: t.TempDir()}
	rootKey, middleKey, key := newEC(t), newEC(t), newEC(t)
	root := &authority{issue(t, nil, "root", rootKey, true), rootKey}
	middle := &authority{issue(t, root, "middle", middleKey, true), middleKey}
	f.leaf = issue(t, middle, "leaf", key, false)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f.write(t, "leaf.pem", f.leaf)
	f.write(t, "chain.pem", middle.cert)
	f.write(t, "root.pem", root.cert)
	f.write(t, "full.pem", "Bag Attributes\n", f.leaf, middle.cert)
	f.write(t, "key.pem", key)
	f.write(t, "both.pem", key, f.leaf, middle.cert)
	f.write(t, "rsa.pem", issue(t, middle, "rsa", rsaKey, false))
	f.write(t, "rsa-key.pem", rsaKey)
	f.write(t, "rsa-pkcs1.pem", &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)})
	sec1, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	parameters := &pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}}
	f.write(t, "sec1.pem", parameters, &pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1})
	f.write(t, "ed.pem", issue(t, middle, "ed", edKey, false))
	f.write(t, "ed-key.pem", edKey)
	f.write(t, "encrypted.pem", &pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: sec1})
	f.write(t, "encrypted-old.pem", &pem.Block{
		Type: "EC PRIVATE KEY", Bytes: sec1, Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,0011"},
	})
	f.write(t, "broken.pem", &pem.Block{Type: "PRIVATE KEY", Bytes: []byte("hunter2")})
	f.write(t, "broken-cert.pem", &pem.Block{Type: "CERTIFICATE", Bytes: []byte("hunter2")})
	f.write(t, "text", "hunter2\n")
	return f
}

func (f *files) path(name string) string {
	if name == "" {
		return ""
	}
	return filepath.Join(f.dir, name)
}

func (f *files) write(t *testing.T, name string, parts ...any) {
	t.Helper()
	var data []byte
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			data = append(data, part...)
		case *pem.Block:
			data = append(data, pem.EncodeToMemory(part)...)
		case *x509.Certificate:
			data = append(data, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: part.Raw})...)
		default:
			der, err := x509.MarshalPKCS8PrivateKey(part)
			if err != nil {
				t.Fatal(err)
			}
			data = append(data, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
		}
	}
	if err := os.WriteFile(f.path(name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (f *files) read(cert, key, chain string, password func() (string, error)) (*certificate.Identity, error) {
	return certificate.Read(certificate.Files{Certificate: f.path(cert), Key: f.path(key), Chain: f.path(chain)}, password)
}

func names(certs []*x509.Certificate) string {
	var all []string
	for _, c := range certs {
		all = append(all, c.Subject.CommonName)
	}
	return strings.Join(all, " ")
}

func neverAsk() (string, error) { return "", errors.New("asked for a password") }

func TestRead(t *testing.T) {
	f := newFiles(t)
	for name, tt := range map[string]struct{ cert, key, chain, want string }{
		"PKCS#8":              {"leaf.pem", "key.pem", "", "leaf"},
		"SEC 1":               {"leaf.pem", "sec1.pem", "", "leaf"},
		"RSA, PKCS#8":         {"rsa.pem", "rsa-key.pem", "chain.pem", "rsa middle"},
		"RSA, PKCS#1":         {"rsa.pem", "rsa-pkcs1.pem", "", "rsa"},
		"with a chain":        {"leaf.pem", "key.pem", "chain.pem", "leaf middle"},
		"chain in one file":   {"full.pem", "key.pem", "", "leaf middle"},
		"key in one file too": {"both.pem", "", "", "leaf middle"},
	} {
		id, err := f.read(tt.cert, tt.key, tt.chain, neverAsk)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := names(append([]*x509.Certificate{id.Certificate}, id.Chain...)); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	f := newFiles(t)
	gone := platformtest.NoFile(t, f.path("gone.pem"))
	for name, tt := range map[string]struct{ cert, key, chain, want string }{
		"no such certificate":  {"gone.pem", "key.pem", "", gone},
		"no such key":          {"leaf.pem", "gone.pem", "", gone},
		"no such chain":        {"leaf.pem", "key.pem", "gone.pem", gone},
		"another's key":        {"leaf.pem", "rsa-key.pem", "", "does not belong to the certificate"},
		"no key at all":        {"leaf.pem", "", "", "leaf.pem holds no private key in PEM form"},
		"no key there":         {"leaf.pem", "chain.pem", "", "chain.pem holds no private key"},
		"no certificate there": {"key.pem", "key.pem", "", "key.pem holds no certificate"},
		"no chain there":       {"leaf.pem", "key.pem", "key.pem", "key.pem holds no certificate"},
		"another kind of key":  {"ed.pem", "ed-key.pem", "", "RSA and elliptic curve keys"},
		"encrypted":            {"leaf.pem", "encrypted.pem", "", "openssl pkcs12 -export"},
		"encrypted, old form":  {"leaf.pem", "encrypted-old.pem", "", "the key is encrypted"},
		"broken key":           {"leaf.pem", "broken.pem", "", "the private key cannot be read"},
		"broken certificate":   {"broken-cert.pem", "key.pem", "", "certificate 1: "},
		"no PEM":               {"text", "", "", "neither a PEM nor a PKCS#12 file"},
		"no PEM, with a key":   {"text", "key.pem", "", "no other file goes with it"},
	} {
		id, err := f.read(tt.cert, tt.key, tt.chain, neverAsk)
		if id != nil || err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error %v, want one with %q", name, err, tt.want)
		}
	}
}

// A key that others can read is none; a certificate is everybody's to read.
func TestExposedKeys(t *testing.T) {
	if !platformtest.KeepsModes {
		t.Skip("the access list of the user's profile keeps others out")
	}
	f := newFiles(t)
	for _, tt := range []struct {
		name, cert, key string
		mode            fs.FileMode
		ok              bool
	}{
		{"key.pem", "leaf.pem", "key.pem", 0o640, false},
		{"key.pem", "leaf.pem", "key.pem", 0o604, false},
		{"both.pem", "both.pem", "", 0o644, false},
		{"leaf.pem", "leaf.pem", "key.pem", 0o644, true},
	} {
		if err := os.Chmod(f.path(tt.name), tt.mode); err != nil {
			t.Fatal(err)
		}
		_, err := f.read(tt.cert, tt.key, "", neverAsk)
		if tt.ok != (err == nil) || !tt.ok && !strings.Contains(err.Error(), "others can read it: chmod 600 it") {
			t.Errorf("%s with mode %o: %v", tt.name, tt.mode, err)
		}
		if err := os.Chmod(f.path(tt.name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// PKCS#12 files are those of OpenSSL, in today's form and in the old one.
func TestPKCS12(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no OpenSSL: install the package openssl")
		}
		t.Skip("no OpenSSL: install the package openssl")
	}
	f := newFiles(t)
	f.write(t, "issuers.pem", readFile(t, f.path("chain.pem")), readFile(t, f.path("root.pem")))
	export := func(name, password string, more ...string) {
		t.Helper()
		args := append([]string{
			"pkcs12", "-export", "-in", f.path("leaf.pem"), "-inkey", f.path("key.pem"), "-certfile", f.path("issuers.pem"),
			"-out", f.path(name), "-passout", "pass:" + password,
		}, more...)
		if out, err := exec.CommandContext(t.Context(), openssl, args...).CombinedOutput(); err != nil {
			t.Fatalf("openssl: %v: %s", err, out)
		}
		if err := os.Chmod(f.path(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	export("open.p12", "")
	export("locked.p12", "hunter2")
	export("old.p12", "hunter2", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1")
	tell := func(password string) func() (string, error) {
		return func() (string, error) { return password, nil }
	}
	for name, password := range map[string]func() (string, error){"open.p12": neverAsk, "locked.p12": tell("hunter2"), "old.p12": tell("hunter2")} {
		id, err := f.read(name, "", "", password)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !id.Certificate.Equal(f.leaf) || names(id.Chain) != "middle" {
			t.Errorf("%s: got %s, and %s", name, id.Certificate.Subject, names(id.Chain))
		}
	}
	if _, err := f.read("locked.p12", "", "", tell("hunter3")); err == nil || !strings.HasSuffix(err.Error(), "the password is wrong") {
		t.Errorf("wrong password: %v", err)
	}
	declined := errors.New("declined")
	if _, err := f.read("locked.p12", "", "", func() (string, error) { return "", declined }); !errors.Is(err, declined) {
		t.Errorf("no password: %v", err)
	}
	for _, tt := range [][2]string{{"key.pem", ""}, {"", "chain.pem"}} {
		if _, err := f.read("open.p12", tt[0], tt[1], neverAsk); err == nil || !strings.Contains(err.Error(), "no other file goes with it") {
			t.Errorf("with %q: %v", tt, err)
		}
	}
	if platformtest.KeepsModes {
		if err := os.Chmod(f.path("open.p12"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := f.read("open.p12", "", "", neverAsk); err == nil || !strings.Contains(err.Error(), "others can read it") {
			t.Errorf("error %v", err)
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestValidAt(t *testing.T) {
	f := newFiles(t)
	id, err := f.read("leaf.pem", "key.pem", "", neverAsk)
	if err != nil {
		t.Fatal(err)
	}
	for want, at := range map[string]time.Time{
		"": now,
		"the certificate ended 3 days ago, on 2026-01-02":           now.Add(4 * 24 * time.Hour),
		"the certificate ended 1m0s ago, on 2026-01-02":             now.Add(24*time.Hour + time.Minute),
		"the certificate begins in 1m0s, by this machine's clock":   now.Add(-time.Hour - time.Minute),
		"the certificate begins in 9 days, by this machine's clock": now.Add(-10 * 24 * time.Hour),
	} {
		if err := id.ValidAt(at); (err == nil) != (want == "") || err != nil && err.Error() != want {
			t.Errorf("ValidAt(%s) = %v, want %q", at, err, want)
		}
	}
}

// FuzzRead reads what no authority made: it may refuse, and no more.
func FuzzRead(f *testing.F) {
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	f.Add([]byte{0x30, 0x82, 1, 0, 2, 1, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = certificate.Read(certificate.Files{Certificate: path}, func() (string, error) { return "x", nil })
	})
}
