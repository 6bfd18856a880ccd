package mint_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/certificate"
	"credmint/helper/mint"
	"credmint/helper/mint/awstest"
	"credmint/helper/platformtest"
)

const anywhereRole = "arn:aws:iam::222222222222:role/team/Anywhere"

// anywhere is an AWS with a trust anchor, and a profile for the holder of one of its certificates.
type anywhere struct {
	aws      *awstest.AWS
	anchor   *awstest.TrustAnchor
	url      string
	dir      string
	profile  helper.Profile
	password func() (string, error)
	requests []recorded
}

// recorded is a request as it arrived.
type recorded struct {
	URL    string // path and query
	Host   string
	Header map[string]string // those that are part of the protocol
	Body   string
}

func newAnywhere(t *testing.T, key crypto.Signer, through bool, change func(*x509.Certificate)) *anywhere {
	t.Helper()
	a := &anywhere{aws: awstest.New(), dir: t.TempDir()}
	server := httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(func() { a.aws.Close(); server.Close() })
	a.url = server.URL
	a.aws.AddRole(anywhereRole, awstest.Trust{Principals: []string{awstest.RolesAnywherePrincipal}})
	a.anchor = a.aws.AddTrustAnchor("eu-west-1", "222222222222", anywhereRole)
	cert := a.anchor.Issue("host-1", key, through, change)
	in := &helper.Certificate{
		TrustAnchorARN: a.anchor.ARN, ProfileARN: a.anchor.ProfileARN,
		File: a.write(t, "cert.pem", cert.PEM), KeyFile: a.write(t, "key.pem", cert.KeyPEM),
	}
	if through {
		in.ChainFile = a.write(t, "chain.pem", cert.ChainPEM)
	}
	a.profile = helper.Profile{
		Name: "host", Kind: helper.RolesAnywhere, Client: helper.Client{Region: "eu-west-1", Endpoint: a.url},
		RoleARN: anywhereRole, Duration: time.Hour, Inputs: in,
	}
	return a
}

func (a *anywhere) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	seen := recorded{URL: r.URL.RequestURI(), Host: r.Host, Body: string(body), Header: map[string]string{}}
	for _, name := range []string{"Authorization", "Content-Type", "X-Amz-Date", "X-Amz-X509", "X-Amz-X509-Chain", "X-Amz-Content-Sha256"} {
		if v := r.Header.Get(name); v != "" {
			seen.Header[name] = v
		}
	}
	a.requests = append(a.requests, seen)
	a.aws.Handler().ServeHTTP(w, r)
}

func (a *anywhere) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (a *anywhere) session(t *testing.T) (helper.Session, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	m := &mint.RolesAnywhere{
		Password: func(context.Context, *helper.Profile, string) (string, error) { return a.password() },
		Now:      time.Now, Network: &mint.Network{},
	}
	return m.Session(ctx, &a.profile)
}

func ecKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestRolesAnywhere(t *testing.T) {
	for name, key := range map[string]crypto.Signer{"EC": ecKey(t), "RSA": rsaKey(t)} {
		for _, through := range []bool{false, true} {
			a := newAnywhere(t, key, through, nil)
			s, err := a.session(t)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			grant, _ := a.aws.Grant(s.AccessKeyID)
			if s.AccountID != "222222222222" || s.Expires.Sub(s.Issued) < 59*time.Minute || grant.SourceIdentity != "CN=host-1" {
				t.Errorf("%s: %v of %s until %s, %s", name, s, s.AccountID, s.Expires, grant.SourceIdentity)
			}
		}
	}
}

// What is asked for arrives; what AWS cuts short is known by its answer.
func TestRolesAnywhereAsked(t *testing.T) {
	a := newAnywhere(t, ecKey(t), false, nil)
	a.profile.RoleSessionName, a.profile.Duration = "me", 4*time.Hour
	a.anchor.AcceptSessionNames()
	a.anchor.SetLongest(2 * time.Hour)
	s, err := a.session(t)
	if err != nil {
		t.Fatal(err)
	}
	grant, _ := a.aws.Grant(s.AccessKeyID)
	if grant.ARN != "arn:aws:sts::222222222222:assumed-role/Anywhere/me" || s.Expires.Sub(s.Issued).Round(time.Minute) != 2*time.Hour {
		t.Errorf("%s until %s", grant.ARN, s.Expires)
	}
}

func TestRolesAnywhereRefusals(t *testing.T) {
	key := ecKey(t)
	tests := map[string]struct {
		certificate func(*x509.Certificate)
		change      func(t *testing.T, a *anywhere)
		want, hint  string
		calls       int
	}{
		"ended":        {func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }, nil, "the certificate ended 1h0m", "", 0},
		"begins later": {func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }, nil, "the certificate begins in", "", 0},
		"exposed key": {nil, func(t *testing.T, a *anywhere) {
			if !platformtest.KeepsModes {
				t.Skip("files have no modes here")
			}
			chmod(t, filepath.Join(a.dir, "key.pem"), 0o644)
		}, "others can read it", "", 0},
		"another's key": {nil, func(t *testing.T, a *anywhere) {
			a.write(t, "key.pem", a.anchor.Issue("x", ecKey(t), false, nil).KeyPEM)
		}, "does not belong", "", 0},
		"no trust":       {nil, func(_ *testing.T, a *anywhere) { a.anchor.Disable() }, "AWS refused CreateSession: AccessDeniedException: Trust anchor is not enabled", "trust anchor", 1},
		"another role":   {nil, func(_ *testing.T, a *anywhere) { a.profile.RoleARN += "X" }, "AccessDeniedException", "rolesanywhere.amazonaws.com", 1},
		"no such anchor": {nil, func(_ *testing.T, a *anywhere) { a.in().TrustAnchorARN += "x" }, "ResourceNotFoundException: Trust Anchor with id", "", 1},
		"name refused":   {nil, func(_ *testing.T, a *anywhere) { a.profile.RoleSessionName = "me" }, "does not accept a custom role session name", "", 1},
		"throttled":      {nil, fault(awstest.Fault{Throttle: -1}), "ThrottlingException", "", 4},
		"down":           {nil, fault(awstest.Fault{Status: 503, Body: "<html>"}), "AWS answered with HTTP status 503", "", 4},
		"a web page":     {nil, fault(awstest.Fault{Body: "<html>"}), "does not speak like AWS", "", 1},
		"redirect":       {nil, fault(awstest.Fault{Redirect: "https://evil.example/"}), "HTTP status 307", "", 1},
		"too long":       {nil, fault(awstest.Fault{HugeBody: true}), "does not speak like AWS", "", 1},
		"no session":     {nil, fault(awstest.Fault{Empty: true}), "AWS answered with 0 sessions", "", 1},
		"no end":         {nil, fault(awstest.Fault{NoExpiry: true}), "without an expiration", "", 1},
		"over already":   {nil, fault(awstest.Fault{Expiration: time.Now().Add(-time.Hour)}), "by this machine's clock", "clock", 1},
		"nothing there":  {nil, func(_ *testing.T, a *anywhere) { a.profile.Client.Endpoint = "http://127.0.0.1:9" }, "refused", "", 0},
		"another partition": {nil, func(_ *testing.T, a *anywhere) {
			a.profile.Client = helper.Client{Region: "mars-west-1", DualStack: true, FIPS: true}
		}, "", "", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAnywhere(t, key, false, tt.certificate)
			if tt.change != nil {
				tt.change(t, a)
			}
			s, err := a.session(t)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), `profile "host": `) || s != (helper.Session{}) {
				t.Fatalf("%v, error %v, want one with %q", s, err, tt.want)
			}
			var hinted interface{ Hint() string }
			if tt.hint != "" && (!errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), tt.hint)) {
				t.Errorf("error %v has no hint with %q", err, tt.hint)
			}
			if len(a.requests) != tt.calls {
				t.Errorf("%d requests, want %d", len(a.requests), tt.calls)
			}
		})
	}
}

func (a *anywhere) in() *helper.Certificate { return a.profile.Inputs.(*helper.Certificate) }

func fault(f awstest.Fault) func(*testing.T, *anywhere) {
	return func(_ *testing.T, a *anywhere) { a.aws.SetFault("CreateSession", f) }
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// What AWS throttles, or fails at once, goes better the next time.
func TestRolesAnywhereIsTriedAgain(t *testing.T) {
	for _, f := range []awstest.Fault{{Throttle: 2}, {Status: 500, Times: 2}} {
		a := newAnywhere(t, ecKey(t), false, nil)
		a.aws.SetFault("CreateSession", f)
		if _, err := a.session(t); err != nil || len(a.requests) != 3 {
			t.Errorf("%+v: %d requests, %v", f, len(a.requests), err)
		}
	}
}

// Where requests go, by what a profile says.
func TestRolesAnywhereEndpoints(t *testing.T) {
	for want, client := range map[string]helper.Client{
		"rolesanywhere.eu-west-1.amazonaws.com:443":      {Region: "eu-west-1"},
		"rolesanywhere-fips.us-east-1.amazonaws.com:443": {Region: "us-east-1", FIPS: true},
		"rolesanywhere.eu-west-1.api.aws:443":            {Region: "eu-west-1", DualStack: true},
		"rolesanywhere.cn-north-1.amazonaws.com.cn:443":  {Region: "cn-north-1"},
		"rolesanywhere.us-gov-west-1.amazonaws.com:443":  {Region: "us-gov-west-1"},
		"proxy.example:8443":                             {Region: "eu-west-1", Endpoint: "https://proxy.example:8443/"},
	} {
		t.Run(want, func(t *testing.T) {
			a := newAnywhere(t, ecKey(t), false, nil)
			a.profile.Client = client
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			outside.mu.Lock()
			outside.hosts, outside.seen = nil, cancel // one request says it all
			outside.mu.Unlock()
			m := &mint.RolesAnywhere{Now: time.Now, Network: &mint.Network{}}
			if _, err := m.Session(ctx, &a.profile); err == nil {
				t.Error("something answered")
			}
			outside.mu.Lock()
			defer outside.mu.Unlock()
			if got := fmt.Sprint(outside.hosts); got != "["+want+"]" {
				t.Errorf("it went to %s", got)
			}
		})
	}
}

// golden is a request that AWS's own helper made: https://github.com/aws/rolesanywhere-credential-helper, version 1.4.0.
type golden struct {
	CertPEM, KeyPEM, ChainPEM string
	Request                   recorded
}

const goldenFile = "testdata/roles_anywhere.json"

// Signatures are those of AWS's own helper: with RSA to the last bit, and with elliptic curves, whose signatures are
// random, for the same string.
func TestSignaturesAreThoseOfAWSsHelper(t *testing.T) {
	data, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]golden
	if err := json.Unmarshal(data, &all); err != nil || len(all) != 2 {
		t.Fatalf("%d requests, %v", len(all), err)
	}
	for name, g := range all {
		id := g.identity(t)
		theirs := g.Request.Header["Authorization"]
		at, err := time.Parse("20060102T150405Z", g.Request.Header["X-Amz-Date"])
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+g.Request.Host+g.Request.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", g.Request.Header["Content-Type"])
		if err := mint.SignX509(req, []byte(g.Request.Body), id, "eu-west-1", at); err != nil {
			t.Fatal(err)
		}
		for _, h := range []string{"X-Amz-Date", "X-Amz-X509", "X-Amz-X509-Chain"} {
			if req.Header.Get(h) != g.Request.Header[h] {
				t.Errorf("%s: %s is %q, theirs %q", name, h, req.Header.Get(h), g.Request.Header[h])
			}
		}
		ours := req.Header.Get("Authorization")
		if name == "RSA" && ours != theirs {
			t.Errorf("RSA:\nours   %s\ntheirs %s", ours, theirs)
		}
		if unsigned(ours) != unsigned(theirs) {
			t.Errorf("%s:\nours   %s\ntheirs %s", name, ours, theirs)
		}
		if name == "EC" {
			g.verify(t, req, at, id.Certificate.PublicKey.(*ecdsa.PublicKey), theirs)
		}
	}
}

func (g golden) identity(t *testing.T) *certificate.Identity {
	t.Helper()
	dir := t.TempDir()
	f := certificate.Files{Certificate: filepath.Join(dir, "cert"), Key: filepath.Join(dir, "key")}
	files := map[string]string{f.Certificate: g.CertPEM, f.Key: g.KeyPEM}
	if g.ChainPEM != "" {
		f.Chain = filepath.Join(dir, "chain")
		files[f.Chain] = g.ChainPEM
	}
	for path, text := range files {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	id, err := certificate.Read(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// verify checks their signature of the string that we would sign.
func (g golden) verify(t *testing.T, req *http.Request, at time.Time, key *ecdsa.PublicKey, theirs string) {
	t.Helper()
	req.Header.Del("Authorization")
	canonical, _ := mint.CanonicalRequest(req, []byte(g.Request.Body))
	sum := sha256.Sum256([]byte(canonical))
	scope := at.Format("20060102") + "/eu-west-1/rolesanywhere/aws4_request"
	digest := sha256.Sum256([]byte(strings.Join([]string{"AWS4-X509-ECDSA-SHA256", at.Format("20060102T150405Z"), scope, hex.EncodeToString(sum[:])}, "\n")))
	_, text, _ := strings.Cut(theirs, "Signature=")
	signature, err := hex.DecodeString(text)
	if err != nil || !ecdsa.VerifyASN1(key, digest[:], signature) {
		t.Errorf("EC: their signature is not of %s", canonical)
	}
}

func unsigned(authorization string) string {
	before, _, _ := strings.Cut(authorization, "Signature=")
	return before
}

var update = flag.Bool("update", false, "write the requests of AWS's helper to testdata")

// TestAgainstAWSsHelper has AWS's own helper and this one ask the same AWS for the same. It needs the helper's path in
// CREDMINT_ROLESANYWHERE_HELPER: go install github.com/aws/rolesanywhere-credential-helper@v1.4.0 makes it.
func TestAgainstAWSsHelper(t *testing.T) {
	path := os.Getenv("CREDMINT_ROLESANYWHERE_HELPER")
	if path == "" {
		t.Skip("needs AWS's helper: set CREDMINT_ROLESANYWHERE_HELPER to its path")
	}
	kept := map[string]golden{}
	for name, key := range map[string]crypto.Signer{"RSA": rsaKey(t), "EC": ecKey(t)} {
		a := newAnywhere(t, key, name == "EC", nil)
		a.anchor.AcceptSessionNames()
		a.profile.Duration = 30 * time.Minute
		args := []string{
			"credential-process", "--endpoint", a.url, "--role-arn", anywhereRole, "--trust-anchor-arn", a.in().TrustAnchorARN,
			"--profile-arn", a.in().ProfileARN, "--certificate", a.in().File, "--private-key", a.in().KeyFile, "--session-duration", "1800",
		}
		if name == "EC" {
			a.profile.RoleSessionName = "me@host"
			args = append(args, "--intermediates", a.in().ChainFile, "--role-session-name", "me@host")
		}
		if out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		if _, err := a.session(t); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		theirs, ours := a.requests[0], a.requests[1]
		kept[name] = golden{CertPEM: read(t, a.in().File), KeyPEM: read(t, a.in().KeyFile), Request: theirs}
		if name == "EC" {
			g := kept[name]
			g.ChainPEM = read(t, a.in().ChainFile)
			kept[name] = g
		}
		if ours.URL != theirs.URL || ours.Host != theirs.Host || ours.Body != theirs.Body || !slices.Equal(names(ours.Header), names(theirs.Header)) {
			t.Errorf("%s:\nours   %+v\ntheirs %+v", name, ours, theirs)
		}
		for _, h := range []string{"Content-Type", "X-Amz-X509", "X-Amz-X509-Chain"} {
			if ours.Header[h] != theirs.Header[h] {
				t.Errorf("%s: %s is %q, theirs %q", name, h, ours.Header[h], theirs.Header[h])
			}
		}
		if unsigned(ours.Header["Authorization"]) != unsigned(theirs.Header["Authorization"]) {
			t.Errorf("%s:\nours   %s\ntheirs %s", name, ours.Header["Authorization"], theirs.Header["Authorization"])
		}
	}
	if *update {
		data, err := json.MarshalIndent(kept, "", "\t")
		if err == nil {
			err = os.WriteFile(goldenFile, append(data, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func names(headers map[string]string) []string {
	var all []string
	for name := range headers {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
