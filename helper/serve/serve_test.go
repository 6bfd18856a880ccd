package serve_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/platformtest"
	"credmint/helper/serve"
)

// noSockets is why tests of sockets do not run on Wine; Windows has them since 2018.
const noSockets = "it has no Unix sockets"

// source mints sessions of an hour, and counts them.
type source struct {
	calls atomic.Int32
	err   error
	hold  chan struct{} // nil, or closed when it may answer
}

func (s *source) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	n := s.calls.Add(1)
	if s.hold != nil {
		select {
		case <-s.hold:
		case <-ctx.Done():
			return helper.Session{}, ctx.Err()
		}
	}
	return session(p.Name, int(n), now(), time.Hour), s.err
}

func session(name string, n int, now time.Time, life time.Duration) helper.Session {
	return helper.Session{
		AccessKeyID: fmt.Sprintf("ASIA%s%d", name, n), SecretAccessKey: "secret", SessionToken: "token",
		Issued: now, Expires: now.Add(life), AccountID: "111111111111",
	}
}

// now is the endpoint's clock, which stands.
func now() time.Time { return time.Date(2098, 7, 8, 9, 10, 11, 0, time.UTC) }

const token = "0123456789abcdef0123456789abcdef0123456789a"

// start serves the profiles "me" and "a b" at a listener, and returns where.
func start(t *testing.T, listener net.Listener, src helper.Source, first helper.Session) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	e := serve.New(token, src, now)
	e.Add(&helper.Profile{Name: "me"}, first)
	e.Add(&helper.Profile{Name: "a b"}, session("other", 0, now(), time.Hour))
	ended := make(chan error, 1)
	go func() { ended <- e.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := serve.Listen("127.0.0.1:0", false)
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// say sends bytes as they are and reads what comes back: the status, the header, and the body.
func say(t *testing.T, network, address, request string) (*http.Response, string) {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	go func() { _, _ = io.WriteString(conn, request) }() // the answer may come before the request is whole
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%.80q: %v", request, err)
	}
	body, _ := io.ReadAll(response.Body)
	return response, string(body)
}

// TestWhoIsAnswered is the contract: HOST, PORT and TOKEN stand for the address and the token.
func TestWhoIsAnswered(t *testing.T) {
	t.Parallel()
	address := start(t, listen(t), &source{}, session("me", 0, now(), time.Hour))
	_, port, _ := net.SplitHostPort(address)
	fill := strings.NewReplacer("HOST", address, "PORT", port, "TOKEN", token)
	const ok = "GET /me HTTP/1.1\nHost: HOST\nAuthorization: TOKEN\n"
	get := func(host string) string { return "GET /me HTTP/1.1\nHost: " + host + "\nAuthorization: TOKEN\n" }
	auth := func(lines string) string { return "GET /me HTTP/1.1\nHost: HOST\n" + lines }
	line := func(line string) string { return line + "\nHost: HOST\nAuthorization: TOKEN\n" }
	const forbidden = "Forbidden"
	tests := []struct {
		name, request string
		status        int
		code          string
	}{
		{"an SDK", ok + "Accept: application/json\n", 200, ""},
		{"the other profile", line("GET /a%20b HTTP/1.1"), 200, ""},

		{"no token", auth(""), 403, forbidden},
		{"an empty token", auth("Authorization:\n"), 403, forbidden},
		{"another token", auth("Authorization: " + strings.Repeat("A", len(token)) + "\n"), 403, forbidden},
		{"a part of the token", auth("Authorization: " + token[:len(token)-1] + "\n"), 403, forbidden},
		{"more than the token", auth("Authorization: TOKENa\n"), 403, forbidden},
		{"the token in another case", auth("Authorization: " + strings.ToUpper(token) + "\n"), 403, forbidden},
		{"a bearer", auth("Authorization: Bearer TOKEN\n"), 403, forbidden},
		{"basic authentication", auth("Authorization: Basic TOKEN\n"), 403, forbidden},
		{"the token twice", auth("Authorization: TOKEN\nAuthorization: TOKEN\n"), 403, forbidden},
		{"two tokens", auth("Authorization: TOKEN, TOKEN\n"), 403, forbidden},
		{"the token in the address", line("GET /me?Authorization=TOKEN HTTP/1.1"), 404, "NotFound"},
		{"the token in a cookie", auth("Cookie: Authorization=TOKEN\n"), 403, forbidden},

		{"a name that leads here", get("evil.example:PORT"), 403, forbidden},
		{"a name without a port", get("evil.example"), 403, forbidden},
		{"localhost", get("localhost:PORT"), 403, forbidden},
		{"localhost.", get("localhost.:PORT"), 403, forbidden},
		{"another port", get("127.0.0.1:1"), 403, forbidden},
		{"no port", get("127.0.0.1"), 403, forbidden},
		{"another loopback address", get("127.0.0.2:PORT"), 403, forbidden},
		{"IPv6", get("[::1]:PORT"), 403, forbidden},
		{"the address in another spelling", get("127.1:PORT"), 403, forbidden},
		{"the address as a number", get("2130706433:PORT"), 403, forbidden},
		{"a user before it", get("a@HOST"), 400, ""},
		{"an empty host", get(""), 403, forbidden},
		{"no host", "GET /me HTTP/1.1\nAuthorization: TOKEN\n", 400, ""},
		{"no host in HTTP/1.0", "GET /me HTTP/1.0\nAuthorization: TOKEN\n", 403, forbidden},
		{"two hosts", get("HOST\nHost: HOST"), 400, ""},
		{"a proxy's request", line("GET http://HOST/me HTTP/1.1"), 403, forbidden},
		{"a proxy's request to elsewhere", line("GET http://evil.example/me HTTP/1.1"), 403, forbidden},

		{"a page", ok + "Origin: http://evil.example\n", 403, forbidden},
		{"a page of the same address", ok + "Origin: http://HOST\n", 403, forbidden},
		{"a page without an origin", ok + "Origin: null\n", 403, forbidden},
		{"a link", ok + "Referer: http://evil.example/\n", 403, forbidden},
		{"a browser", ok + "Sec-Fetch-Site: none\n", 403, forbidden},
		{"a browser's other header", ok + "sec-fetch-mode: no-cors\n", 403, forbidden},
		{"a WebSocket", ok + "Sec-WebSocket-Key: a\n", 403, forbidden},
		{"a proxy", ok + "X-Forwarded-For: 127.0.0.1\n", 403, forbidden},
		{"a proxy's host", ok + "X-Forwarded-Host: HOST\n", 403, forbidden},
		{"a proxy's name", ok + "Via: 1.1 proxy\n", 403, forbidden},
		{"a proxy by the standard", ok + "Forwarded: for=127.0.0.1\n", 403, forbidden},

		{"a preflight", "OPTIONS /me HTTP/1.1\nHost: HOST\nOrigin: http://evil.example\nAccess-Control-Request-Headers: authorization\n", 403, forbidden},
		{"OPTIONS *", line("OPTIONS * HTTP/1.1"), 405, "MethodNotAllowed"},
		{"POST", line("POST /me HTTP/1.1"), 405, "MethodNotAllowed"},
		{"HEAD", line("HEAD /me HTTP/1.1"), 405, ""},
		{"PUT without the token", "PUT /me HTTP/1.1\nHost: HOST\n", 403, forbidden},
		{"another method", line("STEAL /me HTTP/1.1"), 405, "MethodNotAllowed"},

		{"no profile", line("GET / HTTP/1.1"), 404, "NotFound"},
		{"a profile that is not served", line("GET /you HTTP/1.1"), 404, "NotFound"},
		{"no profile, and no token", "GET /you HTTP/1.1\nHost: HOST\n", 403, forbidden},
		{"two slashes", line("GET //me HTTP/1.1"), 404, "NotFound"},
		{"a way around", line("GET /x/../me HTTP/1.1"), 404, "NotFound"},
		{"an escaped way around", line("GET /x/%2e%2e/me HTTP/1.1"), 404, "NotFound"},
		{"another spelling", line("GET /%6de HTTP/1.1"), 404, "NotFound"},
		{"a slash more", line("GET /me/ HTTP/1.1"), 404, "NotFound"},
		{"a query", line("GET /me? HTTP/1.1"), 404, "NotFound"},

		{"a huge header", ok + "X: " + strings.Repeat("a", 1<<20) + "\n", 431, ""},
		{"many headers", ok + strings.Repeat("X: a\n", 10_000), 431, ""},
		{"no HTTP", "me\n", 400, ""},
	}
	for _, test := range tests {
		response, body := say(t, "tcp", address, strings.ReplaceAll(fill.Replace(test.request)+"\n", "\n", "\r\n"))
		var document struct{ Code, Message, SecretAccessKey string }
		if test.code != "" || test.status == 200 {
			if err := json.Unmarshal([]byte(body), &document); err != nil {
				t.Errorf("%s: %v in %q", test.name, err, body)
			}
		}
		if response.StatusCode != test.status || document.Code != test.code || (document.SecretAccessKey != "") != (test.status == 200) {
			t.Errorf("%s: status %d, %s; want %d %s", test.name, response.StatusCode, body, test.status, test.code)
		}
		if strings.Contains(body, token) || response.Header.Get("Access-Control-Allow-Origin") != "" ||
			document.Code != "" && response.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: answered %v %s", test.name, response.Header, body)
		}
	}
}

// To a socket no browser connects; what forwards to it has an address that SDKs take credentials from.
func TestSocket(t *testing.T) {
	t.Parallel()
	platformtest.NotOnWine(t, noSockets)
	path := filepath.Join(t.TempDir(), "s")
	listener, err := serve.Listen("unix:"+path, false)
	if err != nil {
		t.Fatal(err)
	}
	start(t, listener, &source{}, session("me", 0, now(), time.Hour))
	for host, want := range map[string]int{
		"127.0.0.1:8000": 200, "127.0.0.1": 200, "[::1]:80": 200, "169.254.170.2": 200, "[fd00:ec2::23]": 200,
		"localhost": 403, "evil.example": 403, "169.254.169.254": 403, "10.0.0.1:80": 403, "": 403, "127.0.0.1.evil.example": 403,
	} {
		response, body := say(t, "unix", path, "GET /me HTTP/1.1\r\nHost: "+host+"\r\nAuthorization: "+token+"\r\n\r\n")
		if response.StatusCode != want {
			t.Errorf("Host %q: %d %s, want %d", host, response.StatusCode, body, want)
		}
	}
}

// A document is what every SDK takes: botocore fails without a Token or an Expiration.
func TestDocument(t *testing.T) {
	t.Parallel()
	ends := time.Date(2099, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	for name, s := range map[string]helper.Session{
		`{"AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-02T02:04:05Z","AccountId":"111111111111"}`: {
			AccessKeyID: "ASIA", SecretAccessKey: "s", SessionToken: "t", Issued: ends.Add(-time.Hour), Expires: ends, AccountID: "111111111111",
		},
		`{"AccessKeyId":"AKIA","SecretAccessKey":"s","Token":"","Expiration":"2098-07-08T10:10:11Z"`: {
			AccessKeyID: "AKIA", SecretAccessKey: "s",
		},
	} {
		src := &source{}
		address := start(t, listen(t), src, s)
		response, body := ask(t, address)
		if response.StatusCode != 200 || !strings.HasPrefix(body, name) || response.Header.Get("Content-Type") != "application/json" {
			t.Errorf("got %d %s\nwant %s", response.StatusCode, body, name)
		}
		if n := src.calls.Load(); n != 0 {
			t.Errorf("asked %d times for what was there", n)
		}
	}
}

// ask is what an SDK asks.
func ask(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	return say(t, "tcp", address, "GET /me HTTP/1.1\r\nHost: "+address+"\r\nAuthorization: "+token+"\r\n\r\n")
}

// Neither a thousand connections that say nothing nor those that never come to an end keep an SDK from being answered.
func TestCrowd(t *testing.T) {
	t.Parallel()
	address := start(t, listen(t), &source{}, session("me", 0, now(), time.Hour))
	for i := range 1000 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if i%2 == 0 {
			_, _ = io.WriteString(conn, "GET /me HTTP/1.1\r\nHost: ")
		}
	}
	if response, body := ask(t, address); response.StatusCode != 200 {
		t.Errorf("got %d %s", response.StatusCode, body)
	}
}

// Many who ask at once share one question to the source, and what it cannot answer.
func TestManyAskOnce(t *testing.T) {
	t.Parallel()
	src := &source{hold: make(chan struct{})}
	address := start(t, listen(t), src, helper.Session{})
	var waiting sync.WaitGroup
	for range 50 {
		waiting.Go(func() {
			response, body := ask(t, address)
			for strings.Contains(body, "a session is being made") { // on a busy machine: an SDK asks again, too
				response, body = ask(t, address)
			}
			if response.StatusCode != 200 || !strings.Contains(body, `"ASIAme1"`) {
				t.Errorf("got %d %s", response.StatusCode, body)
			}
		})
	}
	close(src.hold)
	waiting.Wait()
	if n := src.calls.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// An SDK is told whether to ask again.
func TestFailures(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		`503 {"code":"NoSession","message":"AWS is down"}`:                       errors.New("AWS is down"),
		`403 {"code":"PersonNeeded","message":"run ` + "`credmint login`" + `"}`: &serve.Final{Err: errors.New("run `credmint login`")},
	} {
		src := &source{err: err}
		address := start(t, listen(t), src, helper.Session{})
		for range 2 {
			if response, body := ask(t, address); fmt.Sprint(response.StatusCode, " ", strings.TrimSpace(body)) != want {
				t.Errorf("got %d %s, want %s", response.StatusCode, body, want)
			}
		}
		if n := src.calls.Load(); n != 1 {
			t.Errorf("asked %d times in a moment", n)
		}
	}
}

// When the endpoint is closed the port is, and what is being minted is given up.
func TestClose(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	listener := listen(t)
	src := &source{hold: make(chan struct{})}
	e := serve.New(token, src, now)
	e.Add(&helper.Profile{Name: "me"}, helper.Session{})
	ended := make(chan error, 1)
	go func() { ended <- e.Serve(ctx, listener) }()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) { // who dials may find another test's
		t.Errorf("the port is open still: %v", err)
	}
}

// Only addresses of this machine are opened, and one at a time, unless the caller wants others to reach them.
func TestListen(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "127.0.0.1", ":0", "0.0.0.0:0", "[::]:0", "localhost:0", "evil.example:0", "[::ffff:127.0.0.1]:0", "127.0.0.1:99999", "unix:", "/s",
	} {
		if listener, err := serve.Listen(address, true); err == nil {
			t.Errorf("%q was opened", address)
			listener.Close()
		}
	}
	if _, err := serve.Listen("192.0.2.1:0", false); !errors.Is(err, serve.ErrExposed) {
		t.Errorf("got %v", err)
	}
}

// A socket is this user's alone, and takes the place of one that nobody serves any more, and of nothing else.
func TestListenSocket(t *testing.T) {
	t.Parallel()
	platformtest.NotOnWine(t, noSockets)
	path := filepath.Join(t.TempDir(), "s")
	first, err := serve.Listen("unix:"+path, false)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || platformtest.KeepsModes && info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v, %v", info.Mode(), err)
	}
	if _, err := serve.Listen("unix:"+path, false); err == nil {
		t.Error("one process took another's socket")
	}
	first.(*net.UnixListener).SetUnlinkOnClose(false) // as after a crash
	first.Close()
	second, err := serve.Listen("unix:"+path, false)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := serve.Listen("unix:"+path, false); err == nil {
		t.Error("a file was taken for a socket")
	}
}
