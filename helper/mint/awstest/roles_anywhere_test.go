package awstest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"credmint/helper/mint/awstest"
)

const anywhereARN = "arn:aws:iam::222222222222:role/Anywhere"

// caller is a holder of a certificate who asks for a session; each test changes something about them.
type holder struct {
	key    crypto.Signer
	cert   awstest.Certificate
	query  url.Values
	body   string
	region string
	at     time.Time
	serial string
	way    string
	signed []string
	edit   func(*http.Request) // after signing
}

func newHolder(t *testing.T, w *world, key crypto.Signer, through bool, change func(*x509.Certificate)) (*awstest.TrustAnchor, *holder) {
	t.Helper()
	w.AddRole(anywhereARN, awstest.Trust{Principals: []string{awstest.RolesAnywherePrincipal}})
	anchor := w.AddTrustAnchor("eu-west-1", "222222222222", anywhereARN)
	h := &holder{
		key: key, cert: anchor.Issue("host-1", key, through, change), body: `{"durationSeconds":900}`, region: "eu-west-1", at: w.Now(),
		query:  url.Values{"trustAnchorArn": {anchor.ARN}, "profileArn": {anchor.ProfileARN}, "roleArn": {anywhereARN}},
		way:    "AWS4-X509-ECDSA-SHA256",
		signed: []string{"content-type", "host", "x-amz-date", "x-amz-x509"},
	}
	h.serial = h.cert.Serial.String()
	if through {
		h.signed = append(h.signed, "x-amz-x509-chain")
	}
	if _, ok := key.(*rsa.PrivateKey); ok {
		h.way = "AWS4-X509-RSA-SHA256"
	}
	return anchor, h
}

func derOf(text string) string {
	block, _ := pem.Decode([]byte(text))
	return base64.StdEncoding.EncodeToString(block.Bytes)
}

// ask signs by the published rule.
func (h *holder) ask(t *testing.T, w *world) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/sessions?"+h.query.Encode(), strings.NewReader(h.body))
	if err != nil {
		t.Fatal(err)
	}
	stamp := h.at.UTC().Format("20060102T150405Z")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Amz-Date", stamp)
	r.Header.Set("X-Amz-X509", derOf(h.cert.PEM))
	if h.cert.ChainPEM != "" {
		r.Header.Set("X-Amz-X509-Chain", derOf(h.cert.ChainPEM))
	}
	var headers strings.Builder
	for _, name := range h.signed {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.URL.Host
		}
		headers.WriteString(name + ":" + value + "\n")
	}
	list := strings.Join(h.signed, ";")
	canonical := strings.Join([]string{"POST", "/sessions", h.query.Encode(), headers.String(), list, sum(h.body)}, "\n")
	scope := stamp[:8] + "/" + h.region + "/rolesanywhere/aws4_request"
	digest := sha256.Sum256([]byte(strings.Join([]string{h.way, stamp, scope, sum(canonical)}, "\n")))
	signature, err := h.key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%x", h.way, h.serial, scope, list, signature))
	if h.edit != nil {
		h.edit(r)
	}
	return send(t, r)
}

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

func ecKey(t *testing.T, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestCreateSession(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"P-256": ecKey(t, elliptic.P256()), "P-384": ecKey(t, elliptic.P384()), "RSA": rsaKey} {
		for _, through := range []bool{false, true} {
			w := newWorld(t)
			_, h := newHolder(t, w, key, through, nil)
			status, body := h.ask(t, w)
			var answer struct {
				CredentialSet []struct {
					AssumedRoleUser struct{ Arn string }
					Credentials     struct{ AccessKeyID string }
				}
			}
			if json.Unmarshal([]byte(body), &answer) != nil || status != 201 || len(answer.CredentialSet) != 1 {
				t.Fatalf("%s: status %d: %s", name, status, body)
			}
			want := "arn:aws:sts::222222222222:assumed-role/Anywhere/" + h.cert.Serial.Text(16)
			if got := answer.CredentialSet[0].AssumedRoleUser.Arn; got != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
	}
}

func TestCreateSessionIsStrict(t *testing.T) {
	key, other := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256())
	tests := map[string]struct {
		certificate func(*x509.Certificate)
		change      func(w *world, anchor *awstest.TrustAnchor, h *holder)
		status      int
		want        string
	}{
		"another key":        {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.key = other }, 403, "does not match"},
		"another way":        {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.way = "AWS4-X509-RSA-SHA256" }, 403, "does not match"},
		"hmac":               {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.way = "AWS4-HMAC-SHA256" }, 403, "does not match"},
		"another region":     {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.region = "eu-west-2" }, 403, "rolesanywhere in eu-west-1"},
		"hexadecimal serial": {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.serial = h.cert.Serial.Text(16) }, 403, "in decimal"},
		"yesterday":          {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.at = h.at.Add(-16 * time.Minute) }, 403, "Signature expired"},
		"certificate not signed": {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) {
			h.signed = []string{"content-type", "host", "x-amz-date"}
		}, 403, "'x-amz-x509' must be a 'SignedHeader'"},
		"media type not signed": {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) {
			h.signed = []string{"host", "x-amz-date", "x-amz-x509"}
		}, 403, "content-type must be signed"},
		"another role in the query": {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) {
			h.edit = func(r *http.Request) { r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "Anywhere", "Elsewhere") }
		}, 403, "does not match"},
		"two certificates": {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) {
			h.edit = func(r *http.Request) { r.Header.Add("X-Amz-X509", r.Header.Get("X-Amz-X509")) }
		}, 403, "given once"},
		"no signature": {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) {
			h.edit = func(r *http.Request) { r.Header.Del("Authorization") }
		}, 403, "Authorization is given once"},

		"expired":              {func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, nil, 403, "Untrusted certificate"},
		"a CA":                 {func(c *x509.Certificate) { c.IsCA = true }, nil, 403, "CA must be false"},
		"no basic constraints": {func(c *x509.Certificate) { c.BasicConstraintsValid = false }, nil, 403, "Basic constraints"},
		"no digital signature": {func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }, nil, 403, "digital signature is missing"},
		"another authority's": {nil, func(w *world, _ *awstest.TrustAnchor, h *holder) {
			h.cert = w.AddTrustAnchor("eu-west-1", "222222222222").Issue("host-1", h.key, false, nil)
			h.serial = h.cert.Serial.String()
		}, 403, "Untrusted certificate"},
		"no chain": {nil, func(_ *world, anchor *awstest.TrustAnchor, h *holder) {
			h.cert = anchor.Issue("host-1", h.key, true, nil)
			h.cert.ChainPEM, h.serial = "", h.cert.Serial.String()
		}, 403, "Untrusted certificate"},
		"disabled": {nil, func(_ *world, anchor *awstest.TrustAnchor, _ *holder) { anchor.Disable() }, 403, "not enabled"},

		"another anchor":  {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.query.Set("trustAnchorArn", "a/b") }, 404, "Trust Anchor with id b does not exist"},
		"another profile": {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.query.Set("profileArn", "a/b") }, 404, "Profile with id b does not exist"},
		"another role":    {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.query.Set("roleArn", readerARN) }, 403, "Unable to assume role"},
		"a role that does not trust": {nil, func(w *world, _ *awstest.TrustAnchor, _ *holder) {
			w.AddRole(anywhereARN, awstest.Trust{Principals: []string{"*"}})
		}, 403, "Unable to assume role"},
		"no role":             {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.query.Del("roleArn") }, 400, "Malformed"},
		"a fourth ARN":        {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.query.Set("x", "y") }, 400, "Malformed"},
		"a minute":            {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.body = `{"durationSeconds":60}` }, 400, "durationSeconds"},
		"a day":               {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.body = `{"durationSeconds":86400}` }, 400, "durationSeconds"},
		"no JSON":             {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.body = `x` }, 400, "Malformed JSON"},
		"unknown":             {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.body = `{"sessionName":"x"}` }, 400, "Malformed JSON"},
		"a name":              {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.body = `{"roleSessionName":"me"}` }, 403, "does not accept a custom role session name"},
		"a name that is none": {nil, func(_ *world, _ *awstest.TrustAnchor, h *holder) { h.body = `{"roleSessionName":"a b"}` }, 400, "roleSessionName"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			anchor, h := newHolder(t, w, key, false, tt.certificate)
			if tt.change != nil {
				tt.change(w, anchor, h)
			}
			if status, body := h.ask(t, w); status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("status %d: %s\nwant %d and %q", status, body, tt.status, tt.want)
			}
		})
	}
}
