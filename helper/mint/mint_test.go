package mint_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint"
	"credmint/helper/mint/awstest"
	"credmint/helper/platformtest"
)

// proxy stands where every address but this machine's is looked for, and notes which those are.
type proxy struct {
	mu    sync.Mutex
	hosts []string
	seen  func()
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.hosts = append(p.hosts, r.Host)
	seen := p.seen
	p.mu.Unlock()
	if seen != nil {
		seen()
	}
	http.Error(w, "nothing goes out of here", http.StatusBadGateway)
}

var outside = &proxy{}

// TestMain sets the proxy before anything looks for one: net/http looks once.
func TestMain(m *testing.M) {
	server := httptest.NewServer(outside)
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		os.Setenv(name, server.URL)
	}
	for _, name := range []string{"NO_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"} {
		os.Unsetenv(name)
	}
	os.Exit(m.Run())
}

// world is an AWS with alice and a role, and what mints for them.
type world struct {
	aws   *awstest.AWS
	alice *awstest.User
	mfa   *awstest.Device
	me    helper.Profile
	role  helper.Profile
	codes []string // what a person answers, in turn
	asked int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{aws: awstest.New()}
	url := w.aws.Start()
	t.Cleanup(w.aws.Close)
	w.alice = w.aws.AddUser("111111111111", "alice")
	w.mfa = w.alice.AddMFA("alice")
	w.aws.AddRole("arn:aws:iam::222222222222:role/Admin", awstest.Trust{
		Principals: []string{w.alice.ARN}, RequireMFA: true, MaxDuration: 4 * time.Hour,
	})
	client := helper.Client{Region: "eu-west-1", Endpoint: url}
	w.me = helper.Profile{
		Name: "me", Kind: helper.UserKey, Client: client, Duration: time.Hour,
		KeyRef: helper.KeyRef{Place: helper.InKeychain, Profile: "me", ID: w.alice.AccessKeyID},
	}
	w.role = helper.Profile{
		Name: "admin", Kind: helper.Role, Client: client, Duration: 4 * time.Hour, Direct: true, Source: &w.me,
		RoleARN: "arn:aws:iam::222222222222:role/Admin", RoleSessionName: "alice", MFASerial: w.mfa.Serial,
	}
	return w
}

// wrong are as many codes that the device does not show about now.
func (w *world) wrong(n int) (codes []string) {
	for i := 0; len(codes) < n; i++ {
		code := fmt.Sprintf("%06d", i*111111)
		if !slices.ContainsFunc([]time.Duration{-1, 0, 1, 2}, func(d time.Duration) bool { return w.mfa.Code(time.Now().Add(d*30*time.Second)) == code }) {
			codes = append(codes, code)
		}
	}
	return codes
}

func (w *world) source() helper.Source {
	keys := func(context.Context, *helper.Profile) (helper.AccessKey, error) {
		return helper.AccessKey{ID: w.alice.AccessKeyID, Secret: w.alice.Secret}, nil
	}
	code := func(context.Context, *helper.Profile, int) (string, error) {
		w.asked++
		if w.asked > len(w.codes) {
			return "", errors.New("nobody is there")
		}
		return w.codes[w.asked-1], nil
	}
	network := &mint.Network{}
	return mint.ByKind{
		helper.UserKey: &mint.SessionToken{Keys: keys, MFA: code, Now: time.Now, Network: network},
		helper.Role:    &mint.AssumeRole{Keys: keys, MFA: code, Now: time.Now, Network: network},
	}
}

func TestSessionToken(t *testing.T) {
	w := newWorld(t)
	s, err := w.source().Session(t.Context(), &w.me)
	if err != nil {
		t.Fatal(err)
	}
	if s.AccountID != "111111111111" || s.Expires.Sub(s.Issued) < 59*time.Minute || !strings.HasPrefix(s.AccessKeyID, "ASIA") {
		t.Errorf("%v of %s until %s", s, s.AccountID, s.Expires)
	}
	for _, call := range w.aws.Log() {
		if !strings.Contains(call.UserAgent, "credmint") {
			t.Errorf("%s came from %s", call.Action, call.UserAgent)
		}
	}
}

// A role for longer than an hour is assumed with the key itself and a code; a mistyped code is asked again.
func TestDirectRoleWithCode(t *testing.T) {
	w := newWorld(t)
	w.codes = append(w.wrong(2), w.mfa.Code(time.Now()))
	s, err := w.source().Session(t.Context(), &w.role)
	if err != nil {
		t.Fatal(err)
	}
	if s.AccountID != "222222222222" || s.Expires.Sub(s.Issued) < 3*time.Hour {
		t.Errorf("%v of %s until %s", s, s.AccountID, s.Expires)
	}
}

func TestThreeWrongCodesAreEnough(t *testing.T) {
	w := newWorld(t)
	w.codes = w.wrong(4)
	_, err := w.source().Session(t.Context(), &w.role)
	var refused *mint.Error
	if !errors.As(err, &refused) || refused.Code != "AccessDenied" || refused.RequestID == "" {
		t.Errorf("error %v", err)
	}
	if w.asked != 3 || !strings.Contains(refused.Hint(), "takes each code once") {
		t.Errorf("asked %d times; hint %q", w.asked, refused.Hint())
	}
}

// AWS takes a code once, so a request that carries one is not sent again after an answer that leaves open what happened.
func TestACodeIsNotSentTwice(t *testing.T) {
	w := newWorld(t)
	w.codes = []string{w.mfa.Code(time.Now())}
	w.aws.SetFault("", awstest.Fault{Status: 500})
	if _, err := w.source().Session(t.Context(), &w.role); err == nil || !strings.Contains(err.Error(), "HTTP status 500") {
		t.Errorf("error %v", err)
	}
	if n := len(w.aws.Log()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
	// Who gives the code again that AWS has refused is not believed.
	w.aws.ClearFaults()
	w.aws.Reset()
	wrong := w.wrong(2)
	w.asked, w.codes = 0, []string{wrong[0], wrong[0], wrong[1]}
	if _, err := w.source().Session(t.Context(), &w.role); err == nil || len(w.aws.Log()) != 1 {
		t.Errorf("%d requests, want 1; error %v", len(w.aws.Log()), err)
	}
	// Throttled, AWS has not looked at the code.
	w.aws.Reset()
	w.asked, w.codes = 0, []string{w.mfa.Code(time.Now())}
	w.aws.SetFault("", awstest.Fault{Throttle: 2})
	if _, err := w.source().Session(t.Context(), &w.role); err != nil {
		t.Error(err)
	}
}

func TestFaults(t *testing.T) {
	tests := map[string]struct {
		fault awstest.Fault
		want  string
	}{
		"throttled for ever": {awstest.Fault{Throttle: -1}, "Throttling"},
		"web page":           {awstest.Fault{Status: 200, Body: "<html></html>"}, "does not speak like AWS"},
		"bad gateway":        {awstest.Fault{Status: 502, Body: "<html></html>"}, "HTTP status 502"},
		"redirect":           {awstest.Fault{Status: 308, Redirect: "https://evil.example/"}, "HTTP status 308"},
		"redirect of a POST": {awstest.Fault{Status: 302, Redirect: "https://evil.example/"}, "HTTP status 302"},
		"long":               {awstest.Fault{HugeBody: true}, "does not speak like AWS"},
		"truncated":          {awstest.Fault{Truncate: true}, "does not speak like AWS"},
		"reset":              {awstest.Fault{Reset: true}, "GetSessionToken"},
		"no credentials":     {awstest.Fault{Empty: true}, "without credentials"},
		"no expiration":      {awstest.Fault{NoExpiry: true}, "without an expiration"},
		"past":               {awstest.Fault{Expiration: time.Now().Add(-time.Minute)}, "by this machine's clock"},
		"expired key":        {awstest.Fault{Code: "ExpiredToken"}, "ExpiredToken"},
		"disabled region":    {awstest.Fault{Code: "RegionDisabledException"}, "RegionDisabledException"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.SetFault("", tt.fault)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			s, err := w.source().Session(ctx, &w.me)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), `profile "me"`) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if s != (helper.Session{}) {
				t.Errorf("and a session: %v", s)
			}
			if err != nil && (strings.Contains(err.Error(), w.alice.Secret) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("error %q", err)
			}
		})
	}
	t.Cleanup(func() { // when all of them have ended
		outside.mu.Lock()
		defer outside.mu.Unlock()
		if slices.ContainsFunc(outside.hosts, func(h string) bool { return strings.Contains(h, "evil") }) {
			t.Error("a redirect was followed")
		}
	})
}

// A server that never answers is given up after ten seconds, or when the caller's time is over.
func TestHangingServer(t *testing.T) {
	w := newWorld(t)
	w.aws.SetFault("", awstest.Fault{Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Second, cancel)
	if _, err := w.source().Session(ctx, &w.me); !errors.Is(err, context.Canceled) { // after ten seconds it would be another
		t.Errorf("error %v", err)
	}
}

func TestClockSkew(t *testing.T) {
	w := newWorld(t)
	w.aws.SetClock(20 * time.Minute)
	_, err := w.source().Session(t.Context(), &w.me)
	var refused *mint.Error
	if err != nil && (!errors.As(err, &refused) || !strings.Contains(refused.Hint(), "clock")) {
		t.Errorf("error %v", err)
	}
}

func TestLargeToken(t *testing.T) {
	w := newWorld(t)
	w.aws.SetTokenSize(16 << 10)
	if s, err := w.source().Session(t.Context(), &w.me); err != nil || len(s.SessionToken) < 16000 {
		t.Errorf("a token of %d bytes, %v", len(s.SessionToken), err)
	}
}

// HTTP/2 is offered to nobody, so that a build which has it behaves like the released one, which has not.
func TestNoHTTP2(t *testing.T) {
	w := newWorld(t)
	hellos := make(chan []string, 10)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		hellos <- hello.SupportedProtos
		return nil, nil
	}}
	server.StartTLS()
	defer server.Close()
	w.me.Client.Endpoint, w.me.Client.CABundle = server.URL, filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(w.me.Client.CABundle, block, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.source().Session(t.Context(), &w.me); err == nil || !strings.Contains(err.Error(), "404") {
		t.Fatal(err)
	}
	if offered := <-hellos; slices.Contains(offered, "h2") {
		t.Errorf("offered %q", offered)
	}
}

// A CA bundle is trusted alone, and nothing is trusted without one.
func TestCABundle(t *testing.T) {
	w := newWorld(t)
	tls := awstest.New()
	w.me.Client.Endpoint = tls.StartTLS()
	defer tls.Close()
	if _, err := w.source().Session(t.Context(), &w.me); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("without the bundle: %v", err)
	}
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Server().Certificate().Raw})
	if err := os.WriteFile(bundle, block, 0o600); err != nil {
		t.Fatal(err)
	}
	w.me.Client.CABundle = bundle
	_, err := w.source().Session(t.Context(), &w.me)
	var refused *mint.Error
	if !errors.As(err, &refused) || refused.Code != "InvalidClientTokenId" { // another AWS: the key is unknown there
		t.Errorf("with the bundle: %v", err)
	}
	other := filepath.Join(t.TempDir(), "other.pem")
	for name, text := range map[string]string{platformtest.NoFile(t, other): "", "holds no certificate": "no PEM"} {
		w.me.Client.CABundle = filepath.Join(t.TempDir(), "other.pem")
		if text != "" {
			if err := os.WriteFile(w.me.Client.CABundle, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.source().Session(t.Context(), &w.me); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want %q", err, name)
		}
	}
}

// Where requests go, by what a profile says.
func TestEndpoints(t *testing.T) {
	tests := map[string]helper.Client{
		"sts.eu-west-1.amazonaws.com:443":      {Region: "eu-west-1"},
		"sts-fips.us-east-1.amazonaws.com:443": {Region: "us-east-1", FIPS: true},
		"sts.eu-west-1.api.aws:443":            {Region: "eu-west-1", DualStack: true},
		"sts.amazonaws.com:443":                {Region: "eu-west-1", GlobalEndpoint: true},
		"sts.cn-north-1.amazonaws.com.cn:443":  {Region: "cn-north-1"},
		"sts.us-gov-west-1.amazonaws.com:443":  {Region: "us-gov-west-1"},
		"proxy.example:8443":                   {Region: "eu-west-1", Endpoint: "https://proxy.example:8443"},
	}
	for want, client := range tests {
		t.Run(want, func(t *testing.T) {
			w := newWorld(t)
			w.me.Client = client
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			outside.mu.Lock()
			outside.hosts, outside.seen = nil, cancel // one request says it all
			outside.mu.Unlock()
			if _, err := w.source().Session(ctx, &w.me); err == nil {
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

func TestCallerIdentity(t *testing.T) {
	w := newWorld(t)
	id, err := new(mint.Network).CallerIdentity(t.Context(), &w.me, helper.AccessKey{ID: w.alice.AccessKeyID, Secret: w.alice.Secret})
	if err != nil || id.ARN != w.alice.ARN || id.AccountID != "111111111111" {
		t.Errorf("%+v, %v", id, err)
	}
	w.alice.Deactivate()
	_, err = new(mint.Network).CallerIdentity(t.Context(), &w.me, helper.AccessKey{ID: w.alice.AccessKeyID, Secret: w.alice.Secret})
	var refused *mint.Error
	if !errors.As(err, &refused) || !strings.Contains(refused.Hint(), "inactive") {
		t.Errorf("error %v", err)
	}
}

// A clock that is wrong is named, whichever way it is.
func TestClockHints(t *testing.T) {
	for _, message := range []string{"Signature expired: 1 is now earlier than 2", "Signature not yet current: 2 is still later than 1"} {
		if hint := (&mint.Error{Code: "SignatureDoesNotMatch", Message: message}).Hint(); !strings.Contains(hint, "clock") {
			t.Errorf("%s: hint %q", message, hint)
		}
	}
}
