package awstest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper/mint/awstest"
)

const (
	sameDevice      = "arn:aws:signin:::devtools/same-device"
	callback        = "http://127.0.0.1:4711/oauth/callback"
	consoleVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
	challenge       = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// tool is a client of the console's sign-in that can be told to do things wrong.
type tool struct {
	*world
	console *awstest.Console
	t       *testing.T
	key     *ecdsa.PrivateKey
	header  func(map[string]any)
	claims  func(map[string]any)
	request func(*http.Request)
}

func newTool(t *testing.T) *tool {
	w := newWorld(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &tool{world: w, console: w.AddConsole(w.alice.ARN), t: t, key: key}
}

func b64(v any) string {
	text, ok := v.([]byte)
	if !ok {
		text, _ = json.Marshal(v) // of maps: cannot fail
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// proof is RFC 9449's, with whatever is to be wrong with it.
func (c *tool) proof(method, address string) string {
	point, err := c.key.PublicKey.Bytes()
	if err != nil {
		c.t.Fatal(err)
	}
	header := map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": map[string]any{
		"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:]),
	}}
	claims := map[string]any{"jti": rand.Text(), "htm": method, "htu": address, "iat": time.Now().Unix()}
	if c.header != nil {
		c.header(header)
	}
	if c.claims != nil {
		c.claims(claims)
	}
	text := b64(header) + "." + b64(claims)
	hash := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, c.key, hash[:])
	if err != nil {
		c.t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return text + "." + b64(signature)
}

// authorize visits the page, and returns the answer's status and where it sends the browser.
func (c *tool) authorize(change func(url.Values)) (int, *url.URL) {
	c.t.Helper()
	q := url.Values{
		"response_type": {"code"}, "client_id": {sameDevice}, "redirect_uri": {callback}, "scope": {"openid"},
		"state": {"0123456789abcdef"}, "code_challenge": {challenge}, "code_challenge_method": {"SHA-256"},
	}
	if change != nil {
		change(q)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.url+"/v1/authorize?"+q.Encode(), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := roundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, to
}

func (c *tool) code() string {
	c.t.Helper()
	status, to := c.authorize(nil)
	if status != http.StatusFound || to.Query().Get("code") == "" || to.Query().Get("state") != "0123456789abcdef" {
		c.t.Fatalf("status %d, sent to %s", status, to)
	}
	return to.Query().Get("code")
}

// consoleAnswer is what the token's service says.
type consoleAnswer struct {
	AccessToken struct {
		AccessKeyID     string `json:"accessKeyId"`
		SecretAccessKey string `json:"secretAccessKey"`
		SessionToken    string `json:"sessionToken"`
	} `json:"accessToken"`
	ExpiresIn    int    `json:"expiresIn"`
	RefreshToken string `json:"refreshToken"`
	IDToken      string `json:"idToken"`
	Error        string `json:"error"`
	Message      string `json:"message"`
}

func (c *tool) post(body map[string]string) consoleAnswer {
	c.t.Helper()
	address := c.url + "/v1/token"
	data, _ := json.Marshal(body) // of strings: cannot fail
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, address, bytes.NewReader(data))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("DPoP", c.proof(http.MethodPost, address))
	if c.request != nil {
		c.request(r)
	}
	resp, err := roundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	var a consoleAnswer
	if err != nil || json.Unmarshal(text, &a) != nil || (resp.StatusCode == http.StatusOK) != (a.Error == "") {
		c.t.Fatalf("status %d: %s (%v)", resp.StatusCode, text, err)
	}
	return a
}

func (c *tool) spend(code string) consoleAnswer {
	c.t.Helper()
	return c.post(map[string]string{
		"clientId": sameDevice, "grantType": "authorization_code", "code": code, "codeVerifier": consoleVerifier, "redirectUri": callback,
	})
}

func (c *tool) refresh(token string) consoleAnswer {
	c.t.Helper()
	return c.post(map[string]string{"clientId": sameDevice, "grantType": "refresh_token", "refreshToken": token})
}

func (c *tool) want(a consoleAnswer, code string) {
	c.t.Helper()
	if a.Error != code {
		c.t.Errorf("%s %s, want %q", a.Error, a.Message, code)
	}
}

func TestConsole(t *testing.T) {
	c := newTool(t)
	a := c.spend(c.code())
	who, err := c.client(a.AccessToken.AccessKeyID, a.AccessToken.SecretAccessKey, a.AccessToken.SessionToken).
		GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || *who.Arn != c.alice.ARN || a.ExpiresIn < 890 || a.ExpiresIn > 900 {
		t.Errorf("the session is %v's for %d s, error %v", who, a.ExpiresIn, err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(a.IDToken, ".")[1])
	if err != nil || !strings.Contains(string(payload), `"sub":"`+c.alice.ARN+`"`) {
		t.Errorf("id token %s, error %v", payload, err)
	}
	b := c.refresh(a.RefreshToken)
	if b.AccessToken.AccessKeyID == a.AccessToken.AccessKeyID || b.RefreshToken == a.RefreshToken || b.IDToken != "" {
		t.Errorf("refreshed to %+v", b)
	}
}

func TestConsoleRefusesPages(t *testing.T) {
	c := newTool(t)
	for name, change := range map[string]func(url.Values){
		"client":        func(q url.Values) { q.Set("client_id", "arn:aws:signin:::devtools/other") },
		"no client":     func(q url.Values) { q.Del("client_id") },
		"other client":  func(q url.Values) { q.Set("client_id", "arn:aws:signin:::devtools/cross-device") },
		"host":          func(q url.Values) { q.Set("redirect_uri", "http://localhost:4711/oauth/callback") },
		"public host":   func(q url.Values) { q.Set("redirect_uri", "https://evil.example/oauth/callback") },
		"path":          func(q url.Values) { q.Set("redirect_uri", "http://127.0.0.1:4711/") },
		"no port":       func(q url.Values) { q.Set("redirect_uri", "http://127.0.0.1/oauth/callback") },
		"scope":         func(q url.Values) { q.Set("scope", "openid profile") },
		"no state":      func(q url.Values) { q.Del("state") },
		"short state":   func(q url.Values) { q.Set("state", "1") },
		"two states":    func(q url.Values) { q.Add("state", "0123456789abcdef") },
		"S256":          func(q url.Values) { q.Set("code_challenge_method", "S256") },
		"padding":       func(q url.Values) { q.Set("code_challenge", challenge+"=") },
		"no challenge":  func(q url.Values) { q.Del("code_challenge") },
		"response type": func(q url.Values) { q.Set("response_type", "token") },
		"more":          func(q url.Values) { q.Set("prompt", "none") },
	} {
		if status, to := c.authorize(change); status != http.StatusBadRequest || to.String() != "" {
			t.Errorf("%s: status %d, sent to %s", name, status, to)
		}
	}
}

func TestConsolePersonAnswers(t *testing.T) {
	c := newTool(t)
	c.console.SetAnswer(awstest.Refused)
	if status, to := c.authorize(nil); status != http.StatusFound || to.Query().Get("error") != "access_denied" {
		t.Errorf("refused: status %d, sent to %s", status, to)
	}
	c.console.SetAnswer(awstest.Ignored)
	if status, to := c.authorize(nil); status != http.StatusOK || to.String() != "" {
		t.Errorf("ignored: status %d, sent to %s", status, to)
	}
}

func TestConsoleRefusesCodes(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(map[string]string)
		code   string
	}{
		"another code":     {func(b map[string]string) { b["code"] += "x" }, "INVALID_REQUEST"},
		"another client":   {func(b map[string]string) { b["clientId"] = "arn:aws:signin:::devtools/cross-device" }, "INVALID_REQUEST"},
		"another verifier": {func(b map[string]string) { b["codeVerifier"] = strings.Repeat("a", 43) }, "INVALID_REQUEST"},
		"no verifier":      {func(b map[string]string) { delete(b, "codeVerifier") }, "INVALID_REQUEST"},
		"another redirect": {func(b map[string]string) { b["redirectUri"] = "http://127.0.0.1:4712/oauth/callback" }, "INVALID_REQUEST"},
		"both":             {func(b map[string]string) { b["refreshToken"] = "x" }, "INVALID_REQUEST"},
		"unknown":          {func(b map[string]string) { b["scope"] = "openid" }, "INVALID_REQUEST"},
		"grant":            {func(b map[string]string) { b["grantType"] = "password" }, "unsupported_grant_type"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTool(t)
			body := map[string]string{
				"clientId": sameDevice, "grantType": "authorization_code", "code": c.code(), "codeVerifier": consoleVerifier, "redirectUri": callback,
			}
			tt.change(body)
			c.want(c.post(body), tt.code)
		})
	}
}

// Codes and refresh tokens work once; to show one again ends the sign-in.
func TestConsoleTakesEachOnce(t *testing.T) {
	c := newTool(t)
	code := c.code()
	a := c.spend(code)
	c.want(c.spend(code), "AUTHCODE_EXPIRED")
	c.want(c.refresh(a.RefreshToken), "TOKEN_EXPIRED")

	a = c.spend(c.code())
	b := c.refresh(a.RefreshToken)
	c.want(c.refresh(a.RefreshToken), "TOKEN_EXPIRED")
	c.want(c.refresh(b.RefreshToken), "TOKEN_EXPIRED")
}

func TestConsoleEnds(t *testing.T) {
	c := newTool(t)
	a := c.spend(c.code())
	c.console.ChangePassword("arn:aws:iam::111111111111:user/bob")
	a = c.refresh(a.RefreshToken)
	c.console.ChangePassword(c.alice.ARN)
	c.want(c.refresh(a.RefreshToken), "USER_CREDENTIALS_CHANGED")

	a = c.spend(c.code())
	c.console.EndSignIns()
	c.want(c.refresh(a.RefreshToken), "TOKEN_EXPIRED")

	c.console.SetSignInLife(10 * time.Minute)
	a = c.spend(c.code())
	if a.ExpiresIn > 600 {
		t.Errorf("the credentials outlive the sign-in: %d s", a.ExpiresIn)
	}
	code := c.code()
	c.SetClock(11 * time.Minute)
	c.claims = func(claims map[string]any) { claims["iat"] = time.Now().Add(11 * time.Minute).Unix() }
	c.want(c.refresh(a.RefreshToken), "TOKEN_EXPIRED")
	c.want(c.spend(code), "AUTHCODE_EXPIRED")

	c.console.Forbid(true)
	c.want(c.spend(c.code()), "INSUFFICIENT_PERMISSIONS")
}

func TestConsoleRefusesProofs(t *testing.T) {
	another, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	jwk := func(name string, value any) func(*tool) {
		return func(c *tool) {
			c.header = func(header map[string]any) { header["jwk"].(map[string]any)[name] = value }
		}
	}
	header := func(name string, value any) func(*tool) {
		return func(c *tool) { c.header = func(header map[string]any) { header[name] = value } }
	}
	claim := func(name string, value any) func(*tool) {
		return func(c *tool) { c.claims = func(claims map[string]any) { claims[name] = value } }
	}
	request := func(change func(*http.Request)) func(*tool) { return func(c *tool) { c.request = change } }
	for name, spoil := range map[string]func(*tool){
		"none":   request(func(r *http.Request) { r.Header.Del("DPoP") }),
		"two":    request(func(r *http.Request) { r.Header.Add("DPoP", r.Header.Get("DPoP")) }),
		"no JWT": request(func(r *http.Request) { r.Header.Set("DPoP", "a.b") }),
		"signature": request(func(r *http.Request) {
			r.Header.Set("DPoP", r.Header.Get("DPoP")[:len(r.Header.Get("DPoP"))-8]+"AAAAAAAA")
		}),
		"type":          header("typ", "JWT"),
		"algorithm":     header("alg", "none"),
		"critical":      header("crit", []string{"b64"}),
		"private key":   jwk("d", "AAAA"),
		"another point": jwk("x", b64(make([]byte, 32))),
		"curve":         jwk("crv", "P-384"),
		"method":        claim("htm", "GET"),
		"host":          claim("htu", "https://evil.example/v1/token"),
		"query":         claim("htu", "http://127.0.0.1/v1/token?x"),
		"old":           claim("iat", time.Now().Add(-6*time.Minute).Unix()),
		"future":        claim("iat", time.Now().Add(6*time.Minute).Unix()),
		"nameless":      claim("jti", ""),
		"seen":          claim("jti", "the same"),
		"another key":   func(c *tool) { c.key = another },
	} {
		t.Run(name, func(t *testing.T) {
			c := newTool(t)
			c.claims = func(claims map[string]any) { claims["jti"] = "the same" }
			token := c.spend(c.code()).RefreshToken
			c.claims = nil
			spoil(c)
			c.want(c.refresh(token), "INVALID_REQUEST")
		})
	}
}

func TestConsoleRefusesSignatures(t *testing.T) {
	c := newTool(t)
	code := c.code()
	c.request = func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 x") }
	c.want(c.spend(code), "INVALID_REQUEST")
}

// The Go SDK's own provider refreshes a sign-in here.
func TestConsoleWithSDK(t *testing.T) {
	c := newTool(t)
	for { // the SDK leaves leading zeros out of coordinates, which RFC 7518 does not
		point, err := c.key.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if point[1] != 0 && point[33] != 0 {
			break
		}
		if c.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	a := c.spend(c.code())
	der, err := x509.MarshalECPrivateKey(c.key)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(map[string]any{
		"accessToken": map[string]any{
			"accessKeyId": a.AccessToken.AccessKeyID, "secretAccessKey": a.AccessToken.SecretAccessKey,
			"sessionToken": a.AccessToken.SessionToken, "accountId": "111111111111", "expiresAt": time.Now().Add(-time.Minute),
		},
		"tokenType": "aws_sigv4", "clientId": sameDevice, "refreshToken": a.RefreshToken, "identityToken": a.IDToken,
		"dpopKey": string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "token.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	client := signin.New(signin.Options{Region: "eu-west-1", BaseEndpoint: &c.url})
	got, err := logincreds.New(client, path).Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if g, ok := c.Grant(got.AccessKeyID); !ok || g.ARN != c.alice.ARN {
		t.Errorf("credentials of %s", g.ARN)
	}
}
