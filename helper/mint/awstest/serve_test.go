package awstest_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper/mint/awstest"
)

func TestTLS(t *testing.T) {
	tests := map[string]struct {
		flaws []awstest.Flaw
		want  string // in the client's error
	}{
		"good":       {nil, ""},
		"expired":    {[]awstest.Flaw{awstest.Expired}, "expired"},
		"wrong host": {[]awstest.Flaw{awstest.WrongHost}, "127.0.0.1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := awstest.New()
			url := a.StartTLS(tt.flaws...)
			defer a.Close()
			path, err := a.WriteCA(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			if !roots.AppendCertsFromPEM(text) {
				t.Fatal("the CA is no PEM")
			}
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
			resp, err := client.Get(url)
			if err == nil {
				resp.Body.Close()
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if _, err := http.Get(url); err == nil {
				t.Error("a client without the CA trusts it")
			}
		})
	}
	if _, err := awstest.New().WriteCA(t.TempDir()); err == nil {
		t.Error("WriteCA before StartTLS did not fail")
	}
}

func TestCloseTwice(*testing.T) {
	a := awstest.New()
	a.Close()
	a.Close()
	a = awstest.New()
	a.Start()
	a.Close()
	a.Close()
}

// ctl sends a request to the control endpoints.
func (w *world) ctl(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.url+"/_awstest/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return send(t, r)
}

func TestControl(t *testing.T) {
	w := newWorld(t)
	c := w.session(t, false)
	if _, body := w.ctl(t, "GET", "calls", ""); body != "{\"GetSessionToken\":1}\n" {
		t.Errorf("calls %q", body)
	}
	if _, body := w.ctl(t, "GET", "log", ""); !strings.Contains(body, w.alice.ARN) || strings.Contains(body, w.alice.Secret) {
		t.Errorf("log %q", body)
	}
	var found struct {
		Secret  string    `json:"secret_access_key"`
		Token   string    `json:"session_token"`
		Expires time.Time `json:"expires"`
	}
	_, body := w.ctl(t, "GET", "session?id="+*c.AccessKeyId, "")
	if err := json.Unmarshal([]byte(body), &found); err != nil || found.Secret != *c.SecretAccessKey || found.Token != *c.SessionToken || !found.Expires.Equal(*c.Expiration) {
		t.Errorf("session %q, %v", body, err)
	}
	if status, _ := w.ctl(t, "GET", "session?id="+w.alice.AccessKeyID, ""); status != 404 {
		t.Errorf("session of a long-lived key: HTTP %d", status)
	}
	_, code := w.ctl(t, "GET", "code", "")
	assume(t, w.asAlice(), adminARN, withCode(w.mfa, strings.TrimSpace(code)))
	w.alice.AddMFA("second")
	if status, _ := w.ctl(t, "GET", "code", ""); status != 404 {
		t.Errorf("code of either device: HTTP %d", status)
	}
	if status, again := w.ctl(t, "GET", "code?serial="+w.mfa.Serial, ""); status != 200 || again == code {
		t.Errorf("code again: HTTP %d, %q after %q", status, again, code)
	}
	w.ctl(t, "POST", "expire?id="+*c.AccessKeyId, "")
	_, err := w.as(c).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantCode(t, err, "ExpiredToken", "")
	w.ctl(t, "POST", "reset", "")
	if log := w.Log(); len(log) != 0 {
		t.Errorf("after reset: %+v", log)
	}
}

func TestControlFault(t *testing.T) {
	w := newWorld(t)
	tests := map[string]string{ // fault: AWS's code then
		`{"action":"GetCallerIdentity","throttle":1}`: "Throttling",
		`{"code":"RegionDisabledException"}`:          "RegionDisabledException",
		`{}`:                                          "",
		`{"action":"AssumeRole","code":"X"}`:          "",
		`{"delay_ms":1}`:                              "",
	}
	for fault, code := range tests {
		w.ClearFaults()
		if status, body := w.ctl(t, "POST", "fault", fault); status != 200 {
			t.Errorf("%s: HTTP %d: %s", fault, status, body)
		}
		_, err := w.asAlice().GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		wantCode(t, err, code, "")
	}
	for _, bad := range []string{`{"trottle":1}`, `{`, `{"throttle":"1"}`} {
		if status, _ := w.ctl(t, "POST", "fault", bad); status != 400 {
			t.Errorf("%s: HTTP %d", bad, status)
		}
	}
}

// The control endpoints hand out secrets: not to other machines, and not to a web page.
func TestControlIsLocal(t *testing.T) {
	w := newWorld(t)
	tests := map[string]struct {
		from, origin string
		status       int
	}{
		"this machine":   {"127.0.0.1:1234", "", 200},
		"this over IPv6": {"[::1]:1234", "", 200},
		"another":        {"192.0.2.1:1234", "", 403},
		"web page":       {"127.0.0.1:1234", "https://evil.example", 403},
	}
	for name, tt := range tests {
		r := httptest.NewRequest("GET", "/_awstest/code", nil)
		r.RemoteAddr = tt.from
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		answer := httptest.NewRecorder()
		w.Handler().ServeHTTP(answer, r)
		if answer.Code != tt.status {
			body, _ := io.ReadAll(answer.Body)
			t.Errorf("%s: HTTP %d: %s", name, answer.Code, body)
		}
	}
	for path, status := range map[string]int{"nothing": 404, "stop": 405} {
		if got, _ := w.ctl(t, "GET", path, ""); got != status {
			t.Errorf("GET %s: HTTP %d, want %d", path, got, status)
		}
	}
	select {
	case <-w.Stopped():
		t.Error("stopped by GET")
	default:
	}
	w.ctl(t, "POST", "stop", "")
	w.ctl(t, "POST", "stop", "")
	<-w.Stopped()
}
