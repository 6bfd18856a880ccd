package awstest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"credmint/helper/mint/awstest"
)

// center is an Identity Center, spoken to with bare HTTP.
type center struct {
	*awstest.IdentityCenter
	t   *testing.T
	aws *awstest.AWS
	url string
}

func newCenter(t *testing.T) *center {
	t.Helper()
	aws := awstest.New()
	url := aws.Start()
	t.Cleanup(aws.Close)
	return &center{aws.AddIdentityCenter("alice"), t, aws, url}
}

type object = map[string]any

// send returns the answer and, from its headers, AWS's code for a refusal.
func (c *center) send(r *http.Request) (object, string) {
	c.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	out := object{"status": resp.StatusCode, "location": resp.Header.Get("Location")}
	_ = json.Unmarshal(data, &out) // pages are no JSON
	code, _, _ := strings.Cut(resp.Header.Get("X-Amzn-ErrorType"), ":")
	return out, code
}

func (c *center) post(path string, body any) (object, string) {
	c.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, c.url+path, bytes.NewReader(data))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return c.send(r)
}

func (c *center) get(path, token string) (object, string) {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, c.url+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("X-Amz-Sso_bearer_token", token)
	}
	return c.send(r)
}

// with is a copy of an object in which some members are other ones, or none where they are nil.
func (o form) with(changes object) object {
	out := object{}
	for name, value := range o {
		out[name] = value
	}
	for name, value := range changes {
		if out[name] = value; value == nil {
			delete(out, name)
		}
	}
	return out
}

type form object

func (c *center) registration() form {
	return form{
		"clientName": "test", "clientType": "public", "grantTypes": []string{"authorization_code", "refresh_token"},
		"redirectUris": []string{"http://127.0.0.1/cb"}, "issuerUrl": c.StartURL, "scopes": []string{"sso:account:access"},
	}
}

const verifier = "0123456789012345678901234567890123456789012"

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// client registers one and returns its id and secret.
func (c *center) client(changes object) form {
	c.t.Helper()
	out, code := c.post("/client/register", c.registration().with(changes))
	if code != "" {
		c.t.Fatal(code)
	}
	return form{"clientId": out["clientId"], "clientSecret": out["clientSecret"]}
}

func (c *center) authorize(client form, changes map[string]string) object {
	c.t.Helper()
	q := url.Values{
		"response_type": {"code"}, "client_id": {client["clientId"].(string)}, "redirect_uri": {"http://127.0.0.1:7/cb"}, "state": {"s"},
		"scopes": {"sso:account:access"}, "code_challenge_method": {"S256"}, "code_challenge": {challengeOf(verifier)},
	}
	for name, value := range changes {
		q.Set(name, value)
	}
	out, _ := c.get("/authorize?"+q.Encode(), "")
	return out
}

// code has the person sign in.
func (c *center) code(client form) string {
	c.t.Helper()
	u, err := url.Parse(c.authorize(client, nil)["location"].(string))
	if err != nil || u.Query().Get("code") == "" || u.Query().Get("state") != "s" {
		c.t.Fatalf("redirected to %s, %v", u, err)
	}
	return u.Query().Get("code")
}

func (c *center) exchange(client form, code string) form {
	return client.with(object{"grantType": "authorization_code", "code": code, "codeVerifier": verifier, "redirectUri": "http://127.0.0.1:7/cb"})
}

func TestRegisterClient(t *testing.T) {
	c := newCenter(t)
	for name, tt := range map[string]struct {
		changes object
		want    string
	}{
		"good":             {nil, ""},
		"for a device":     {object{"grantTypes": nil, "redirectUris": nil, "issuerUrl": nil, "scopes": nil}, ""},
		"confidential":     {object{"clientType": "confidential"}, "InvalidClientMetadataException"},
		"no name":          {object{"clientName": nil}, "InvalidClientMetadataException"},
		"another issuer":   {object{"issuerUrl": "https://evil.example/start"}, "InvalidClientMetadataException"},
		"no redirect":      {object{"redirectUris": nil}, "InvalidClientMetadataException"},
		"redirect away":    {object{"redirectUris": []string{"https://evil.example/cb"}}, "InvalidRedirectUriException"},
		"redirect to name": {object{"redirectUris": []string{"http://localhost/cb"}}, "InvalidRedirectUriException"},
		"no scope":         {object{"scopes": nil}, "InvalidClientMetadataException"},
		"bad scope":        {object{"scopes": []string{"everything"}}, "InvalidScopeException"},
		"bad grant":        {object{"grantTypes": []string{"password"}}, "UnsupportedGrantTypeException"},
		"unknown member":   {object{"client_name": "x"}, "InvalidRequestException"},
		"wrong type":       {object{"clientName": 1}, "InvalidRequestException"},
	} {
		if _, code := c.post("/client/register", c.registration().with(tt.changes)); code != tt.want {
			t.Errorf("%s: %q, want %q", name, code, tt.want)
		}
	}
	r, err := http.NewRequest(http.MethodPost, c.url+"/client/register", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 x")
	if _, code := c.send(r); code != "InvalidRequestException" {
		t.Errorf("signed: %q", code)
	}
}

// A page that is asked wrongly tells the person, or the client, and hands out no code.
func TestAuthorize(t *testing.T) {
	c := newCenter(t)
	client := c.client(nil)
	for name, changes := range map[string]map[string]string{
		"another client": {"client_id": "x"}, "another host": {"redirect_uri": "http://127.0.0.2:7/cb"},
		"another path": {"redirect_uri": "http://127.0.0.1:7/other"}, "no port": {"redirect_uri": "http://127.0.0.1/cb"},
		"away": {"redirect_uri": "https://evil.example/cb"}, "with a query": {"redirect_uri": "http://127.0.0.1:7/cb?x=y"},
	} {
		if out := c.authorize(client, changes); out["status"] != http.StatusBadRequest || out["location"] != "" {
			t.Errorf("%s: %v", name, out)
		}
	}
	for name, changes := range map[string]map[string]string{
		"no state": {"state": ""}, "plain challenge": {"code_challenge_method": "plain"}, "short challenge": {"code_challenge": "abc"},
		"more scopes": {"scopes": "sso:account:access codewhisperer:completions"}, "no scope": {"scopes": ""},
		"token": {"response_type": "token"}, "unknown": {"scope": "x"},
	} {
		if out := c.authorize(client, changes); !strings.Contains(out["location"].(string), "error=invalid_request") {
			t.Errorf("%s: %v", name, out)
		}
	}
}

func TestAuthorizationCode(t *testing.T) {
	c := newCenter(t)
	client, other := c.client(nil), c.client(nil)
	for name, tt := range map[string]struct {
		changes object
		want    string
	}{
		"another verifier": {object{"codeVerifier": strings.Repeat("x", 43)}, "InvalidGrantException"},
		"no verifier":      {object{"codeVerifier": nil}, "InvalidGrantException"},
		"another redirect": {object{"redirectUri": "http://127.0.0.1:8/cb"}, "InvalidGrantException"},
		"another client":   {other.with(nil), "InvalidGrantException"},
		"another secret":   {object{"clientSecret": "x"}, "InvalidClientException"},
		"another grant":    {object{"grantType": "urn:ietf:params:oauth:grant-type:device_code"}, "UnauthorizedClientException"},
		"unknown grant":    {object{"grantType": "password"}, "UnsupportedGrantTypeException"},
	} {
		body := form(c.exchange(client, c.code(client))).with(tt.changes)
		if _, code := c.post("/token", body); code != tt.want {
			t.Errorf("%s: %q, want %q", name, code, tt.want)
		}
	}
	// A code works once; a second time ends what it was good for.
	body := object(c.exchange(client, c.code(client)))
	out, code := c.post("/token", body)
	if code != "" || out["tokenType"] != "Bearer" || out["expiresIn"] != 3600.0 {
		t.Fatalf("%q, %v", code, out)
	}
	token := out["accessToken"].(string)
	if _, code := c.get("/assignment/accounts", token); code != "" {
		t.Errorf("the token: %q", code)
	}
	if _, code := c.post("/token", body); code != "InvalidGrantException" {
		t.Errorf("a second time: %q", code)
	}
	if _, code := c.get("/assignment/accounts", token); code != "UnauthorizedException" {
		t.Errorf("the token after that: %q", code)
	}
}

func (c *center) refresh(client form, token any) (object, string) {
	return c.post("/token", client.with(object{"grantType": "refresh_token", "refreshToken": token}))
}

// A refresh token works once; whoever shows it again ends the sign-in for everybody.
func TestRefreshToken(t *testing.T) {
	c := newCenter(t)
	client, other := c.client(nil), c.client(nil)
	first, _ := c.post("/token", c.exchange(client, c.code(client)))
	if _, code := c.refresh(other, first["refreshToken"]); code != "InvalidGrantException" {
		t.Errorf("another client: %q", code)
	}
	second, code := c.refresh(client, first["refreshToken"])
	if code != "" || second["refreshToken"] == first["refreshToken"] {
		t.Fatalf("%q, %v", code, second)
	}
	if _, code := c.refresh(client, first["refreshToken"]); code != "InvalidGrantException" {
		t.Errorf("spent: %q", code)
	}
	if _, code := c.refresh(client, second["refreshToken"]); code != "InvalidGrantException" {
		t.Errorf("its successor after that: %q", code)
	}
	if _, code := c.get("/assignment/accounts", second["accessToken"].(string)); code != "UnauthorizedException" {
		t.Errorf("the token after that: %q", code)
	}
	// Nor does it work when the sign-in is over.
	c.SetSignInLife(-time.Second)
	third, _ := c.post("/token", c.exchange(client, c.code(client)))
	if _, code := c.refresh(client, third["refreshToken"]); code != "InvalidGrantException" {
		t.Errorf("after the sign-in: %q", code)
	}
}

func TestDevice(t *testing.T) {
	c := newCenter(t)
	client := c.client(object{"grantTypes": nil, "redirectUris": nil, "issuerUrl": nil})
	start := client.with(object{"startUrl": c.StartURL})
	if _, code := c.post("/device_authorization", form(start).with(object{"startUrl": "https://x/start"})); code != "InvalidRequestException" {
		t.Errorf("another start URL: %q", code)
	}
	device, code := c.post("/device_authorization", start)
	if code != "" || device["interval"] != 1.0 || device["expiresIn"] != 600.0 {
		t.Fatalf("%q, %v", code, device)
	}
	poll := func() (object, string) {
		return c.post("/token", client.with(object{"grantType": "urn:ietf:params:oauth:grant-type:device_code", "deviceCode": device["deviceCode"]}))
	}
	if _, code := poll(); code != "AuthorizationPendingException" {
		t.Errorf("before anybody came: %q", code)
	}
	c.aws.SetClock(-time.Minute) // less than a second later, however slow this machine is
	if _, code := poll(); code != "SlowDownException" {
		t.Errorf("at once again: %q", code)
	}
	c.get(strings.TrimPrefix(device["verificationUriComplete"].(string), c.url), "")
	c.aws.SetClock(2 * time.Second)
	out, code := poll()
	if code != "" || out["refreshToken"] == nil {
		t.Errorf("%q, %v", code, out)
	}
	c.aws.SetClock(4 * time.Second)
	if _, code := poll(); code != "InvalidGrantException" {
		t.Errorf("a second time: %q", code)
	}
	// Without scopes there is no refresh token.
	plain := c.client(object{"grantTypes": nil, "redirectUris": nil, "issuerUrl": nil, "scopes": nil})
	client = plain
	device, _ = c.post("/device_authorization", plain.with(object{"startUrl": c.StartURL}))
	c.get(strings.TrimPrefix(device["verificationUriComplete"].(string), c.url), "")
	if out, code := poll(); code != "" || out["refreshToken"] != nil {
		t.Errorf("without scopes: %q, %v", code, out)
	}
}

// Other processes steer it over HTTP.
func TestControlSSO(t *testing.T) {
	c := newCenter(t)
	client := c.client(nil)
	for body, want := range map[string]int{
		`{"answer":"refused","token_life_ms":60000,"slow_down":1}`: http.StatusOK, `{"anwser":"refused"}`: http.StatusBadRequest,
	} {
		if out, _ := c.post("/_awstest/sso", json.RawMessage(body)); out["status"] != want {
			t.Errorf("%s: %v", body, out)
		}
	}
	if out := c.authorize(client, nil); !strings.Contains(out["location"].(string), "error=access_denied") {
		t.Errorf("refused: %v", out)
	}
	c.post("/_awstest/sso", object{"answer": "approved"})
	out, _ := c.post("/token", c.exchange(client, c.code(client)))
	if out["expiresIn"] != 60.0 {
		t.Errorf("a token of %v s", out["expiresIn"])
	}
	c.post("/_awstest/sso", object{"expire_tokens": true})
	if _, code := c.get("/assignment/accounts", out["accessToken"].(string)); code != "UnauthorizedException" {
		t.Errorf("expired: %q", code)
	}
	if out, code := c.refresh(client, out["refreshToken"]); code != "" || out["accessToken"] == nil {
		t.Errorf("the refresh token is another affair: %q", code)
	}
}

// Lists come in pages.
func TestPortalLists(t *testing.T) {
	c := newCenter(t)
	for i := range 250 {
		c.Person().Assign(fmt.Sprintf("%012d", i), fmt.Sprintf("account %d", i), "Reader", "Admin", "Billing")
	}
	client := c.client(nil)
	out, _ := c.post("/token", c.exchange(client, c.code(client)))
	token := out["accessToken"].(string)
	var accounts []any
	pages := 0
	for next := ""; ; pages++ {
		path := "/assignment/accounts?max_result=100"
		if next != "" {
			path += "&next_token=" + url.QueryEscape(next)
		}
		page, code := c.get(path, token)
		if code != "" {
			t.Fatal(code)
		}
		accounts = append(accounts, page["accountList"].([]any)...)
		if page["nextToken"] == nil {
			break
		}
		next = page["nextToken"].(string)
	}
	if len(accounts) != 250 || pages != 2 || accounts[249].(object)["accountId"] != "000000000249" {
		t.Errorf("%d accounts on %d pages", len(accounts), pages+1)
	}
	roles, code := c.get("/assignment/roles?account_id=000000000007&max_result=2", token)
	if code != "" || len(roles["roleList"].([]any)) != 2 || roles["nextToken"] == nil {
		t.Errorf("%q, %v", code, roles)
	}
	for path, want := range map[string]string{
		"/assignment/accounts?max_result=101": "InvalidRequestException", "/assignment/accounts?next_token=x": "InvalidRequestException",
		"/assignment/roles?account_id=999999999999": "ResourceNotFoundException", "/assignment/accounts?x=y": "InvalidRequestException",
		"/federation/credentials?account_id=000000000001&role_name=Nobody": "ForbiddenException",
		"/federation/credentials?account_id=1&role_name=Reader":            "InvalidRequestException",
	} {
		if _, code := c.get(path, token); code != want {
			t.Errorf("%s: %q, want %q", path, code, want)
		}
	}
	if _, code := c.get("/assignment/accounts", ""); code != "UnauthorizedException" {
		t.Errorf("without a token: %q", code)
	}
	c.aws.SetFault("ListAccounts", awstest.Fault{Throttle: 1})
	if _, code := c.get("/assignment/accounts", token); code != "TooManyRequestsException" {
		t.Errorf("throttled: %q", code)
	}
	for _, call := range c.aws.Log() {
		if text := fmt.Sprint(call); strings.Contains(text, token) || strings.Contains(text, client["clientSecret"].(string)) {
			t.Errorf("the log of calls holds a secret: %s", text)
		}
	}
}
