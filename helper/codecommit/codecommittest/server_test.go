package codecommittest_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"credmint/helper/codecommit/codecommittest"
)

type vector struct {
	Name, Host, Region, Path, Secret, Token, Username, Password string

	AccessKeyID string `json:"access_key_id"`
	At          time.Time
}

// client reaches the server as git does.
func client(t *testing.T, s *codecommittest.Server) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(s.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	proxy, err := url.Parse(s.ProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// get asks as git does first, and returns the status.
func get(t *testing.T, c *http.Client, repository, username, password string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, repository+"/info/refs?service=git-upload-pack", nil)
	if err != nil {
		t.Fatal(err)
	}
	if username != "" {
		r.SetBasicAuth(username, password)
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	if challenged := answer.Header.Get("WWW-Authenticate") != ""; challenged != (answer.StatusCode == 401) {
		t.Errorf("status %d, challenged %t", answer.StatusCode, challenged)
	}
	return answer.StatusCode
}

// TestVerify holds the verifier to signatures of AWS's own tool, and to what must not pass for one.
func TestVerify(t *testing.T) {
	data, err := os.ReadFile("../testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, v := range vectors {
		if strings.ContainsAny(v.Path, "? #") || strings.Contains(v.Path, "//") {
			continue // not in any request of git
		}
		tried++
		t.Run(v.Name, func(t *testing.T) { verify(t, v) })
	}
	if tried < 8 {
		t.Errorf("%d vectors", tried)
	}
}

func verify(t *testing.T, v vector) {
	now := v.At
	s := codecommittest.Must(t, codecommittest.Config{
		Dir:    t.TempDir(),
		Keys:   func(id string) (string, string, bool) { return v.Secret, v.Token, id == v.AccessKeyID },
		Signed: map[string]string{strings.TrimSuffix(v.Host, ":443"): v.Region},
		Now:    func() time.Time { return now },
	})
	repository := strings.TrimPrefix(v.Path, "v1/repos/")
	s.MustCreate(t, repository)
	s.MustCreate(t, "other")
	c, here := client(t, s), s.URL(v.Host, repository)
	expect := func(what string, want int, url, username, password string) {
		t.Helper()
		if got := get(t, c, url, username, password); got != want {
			t.Errorf("%s: status %d, want %d", what, got, want)
		}
	}
	forged := v.Password[:len(v.Password)-1] + "g"
	for name, at := range map[string]time.Duration{"at once": 0, "late": 15 * time.Minute, "early": -15 * time.Minute} {
		now = v.At.Add(at)
		expect(name, 200, here, v.Username, v.Password)
	}
	for name, at := range map[string]time.Duration{"stale": 15*time.Minute + 1, "of the future": -15*time.Minute - 1} {
		now = v.At.Add(at)
		expect(name, 403, here, v.Username, v.Password)
	}
	now = v.At
	expect("no login", 401, here, "", "")
	expect("no password", 401, here, v.Username, "")
	expect("forged", 403, here, v.Username, forged)
	expect("another time", 403, here, v.Username, "2025"+v.Password[4:])
	expect("no time", 403, here, v.Username, "hunter2")
	expect("another key", 403, here, "AKIAI44QH8DHBEXAMPLE", v.Password)
	expect("another token", 403, here, v.Username+"x", v.Password)
	expect("another repository", 403, s.URL(v.Host, "other"), v.Username, v.Password)
	expect("another host", 401, s.URL("evil.example", repository), v.Username, v.Password)
	expect("plain http", 401, strings.Replace(here, "https", "http", 1), v.Username, v.Password)
	expect("no repository", 404, s.URL(v.Host, "none")[:len("https://")+len(v.Host)]+"/x", v.Username, v.Password)
}

func TestUsers(t *testing.T) {
	s := codecommittest.Must(t, codecommittest.Config{
		Dir:   t.TempDir(),
		Keys:  func(string) (string, string, bool) { return "", "", false },
		Users: map[string]map[string]string{"git.example.com": {"alice": "a", "bob": "b"}, codecommittest.Host: {"me": "m"}},
	})
	s.MustCreate(t, "r")
	c := client(t, s)
	for _, tt := range []struct {
		host, username, password string
		want                     int
	}{
		{"git.example.com", "alice", "a", 200},
		{"git.example.com", "bob", "b", 200},
		{"git.example.com", "alice", "b", 401},
		{"git.example.com", "", "", 401},
		{"other.example.com", "alice", "a", 401},
		{codecommittest.Host, "me", "m", 200},
		{codecommittest.Host, "me", "x", 403},
		{codecommittest.Host, "alice", "a", 403},
	} {
		if got := get(t, c, s.URL(tt.host, "r"), tt.username, tt.password); got != tt.want {
			t.Errorf("%s as %q with %q: status %d, want %d", tt.host, tt.username, tt.password, got, tt.want)
		}
	}
	if n := len(s.Requests()); n != 8 {
		t.Errorf("%d requests noted", n)
	}
	if s.Forget(); len(s.Requests()) != 0 {
		t.Error("requests are left after Forget")
	}
}
