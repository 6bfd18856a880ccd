package signin_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"credmint/helper/signin"
)

// waiting is a sign-in that waits for its browser.
type waiting struct {
	t    *testing.T
	url  string
	host string
	end  context.CancelCauseFunc
	done chan struct{}
	got  url.Values
	err  error
}

func wait(t *testing.T, redirect string, accept func(url.Values) error) *waiting {
	t.Helper()
	c, err := signin.ListenAt(redirect)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(c.URL())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	w := &waiting{t: t, url: c.URL(), host: u.Host, end: cancel, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		w.got, w.err = c.Wait(ctx, accept)
		c.Close()
	}()
	t.Cleanup(func() {
		cancel(nil)
		<-w.done
	})
	return w
}

func waitForCode(t *testing.T) *waiting {
	return wait(t, "http://127.0.0.1/oauth/callback", signin.AuthorizationCode("right"))
}

// send makes one request as an HTTP client does, and returns its status and page.
func (w *waiting) send(method, target, kind, body string) (int, http.Header, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return w.do(r)
}

func (w *waiting) do(r *http.Request) (int, http.Header, string) {
	w.t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, Timeout: 20 * time.Second}
	response, err := client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatalf("the page was cut off: %v", err)
	}
	return response.StatusCode, response.Header, string(page)
}

func (w *waiting) get(query string) (int, string) {
	w.t.Helper()
	status, _, page := w.send("GET", w.url+"?"+query, "", "")
	return status, page
}

// still fails the test if the sign-in is over.
func (w *waiting) still() {
	w.t.Helper()
	select {
	case <-w.done:
		w.t.Fatalf("it waits no more: %v, %v", w.got, w.err)
	default:
	}
}

// finish brings the right answer, and fails the test if it is not taken.
func (w *waiting) finish() {
	w.t.Helper()
	w.still()
	if status, page := w.get("code=c0de&state=right"); status != 200 || !strings.Contains(page, "Signed in") {
		w.t.Errorf("the right answer gets %d %q", status, page)
	}
	<-w.done
	if w.err != nil || w.got.Get("code") != "c0de" {
		w.t.Errorf("Wait() = %v, %v", w.got, w.err)
	}
}

func TestAnswer(t *testing.T) {
	w := waitForCode(t)
	if !strings.HasPrefix(w.url, "http://127.0.0.1:") || !strings.HasSuffix(w.url, "/oauth/callback") {
		t.Errorf("URL() = %q", w.url)
	}
	w.finish()
	if conn, err := net.Dial("tcp", w.host); err == nil {
		conn.Close()
		t.Error("the address is still open after the answer")
	}
}

func TestRefusedAnswers(t *testing.T) {
	w := waitForCode(t)
	for _, query := range []string{
		"", "code=x", "state=right", "code=x&state=wrong", "code=x&state=", "code=x&state=righ", "code=x&state=rightt",
		"code=x&state=right&state=right", "code=x&state=wrong&state=right", "code=x&code=y&state=right", "code=&state=right",
		"error=access_denied", "error=access_denied&state=wrong", "error=&state=right", "error=a&error=b&state=right",
		"error=%3Cscript%3E&error_description=call+me&state=wrong&code=x",
	} {
		status, page := w.get(query)
		if status != 400 || !strings.Contains(page, "Not signed in") || strings.Contains(page, "call me") || strings.Contains(page, "script") {
			t.Errorf("%q gets %d %q", query, status, page)
		}
	}
	if status, page := w.get("code=%zz&state=right"); status != 400 || strings.Contains(page, "zz") {
		t.Errorf("a query that is none gets %d %q", status, page)
	}
	w.finish()
}

func TestDenied(t *testing.T) {
	w := waitForCode(t)
	status, page := w.get("state=right&error=access_denied&error_description=" + url.QueryEscape("<b>no</b>\x1b[31m"+strings.Repeat("é", 1000)))
	<-w.done
	var denied *signin.Denied
	if w.got != nil || !errors.As(w.err, &denied) || denied.Code != "access_denied" || len(denied.Description) > 310 {
		t.Errorf("Wait() = %v, %v", w.got, w.err)
	}
	if status != 403 || !strings.Contains(page, "&lt;b&gt;no&lt;/b&gt;\\u001b[31m") {
		t.Errorf("the page is %d %q", status, page)
	}
}

func TestForm(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	accept := func(fields url.Values) error {
		if !signin.SameState(fields.Get("RelayState"), "right") {
			return errors.New("its RelayState is another")
		}
		return nil
	}
	w := wait(t, "http://127.0.0.1/saml", accept)
	long := strings.Repeat("QUJD", 200<<10) // 800 KiB
	for name, tt := range map[string]struct {
		kind, query, body string
		status            int
	}{
		"wrong state":      {form, "", "SAMLResponse=x&RelayState=wrong", 400},
		"state in the URL": {form, "?RelayState=right", "SAMLResponse=x", 400},
		"no form":          {"application/json", "", "RelayState=right", 415},
		"no kind":          {"", "", "RelayState=right", 415},
		"bad escape":       {form, "", "RelayState=right&SAMLResponse=%zz", 400},
		"too large":        {form, "", "RelayState=right&SAMLResponse=" + long + long, 413},
	} {
		if status, _, page := w.send("POST", w.url+tt.query, tt.kind, tt.body); status != tt.status {
			t.Errorf("%s: %d %q, want %d", name, status, page, tt.status)
		}
		w.still()
	}

	r, err := http.NewRequestWithContext(t.Context(), "POST", w.url, strings.NewReader("RelayState=right&SAMLResponse="+long))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", form+"; charset=UTF-8")
	r.Header.Set("Origin", "null")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if status, _, page := w.do(r); status != 200 {
		t.Errorf("a form from another site gets %d %q", status, page)
	}
	<-w.done
	if w.err != nil || w.got.Get("SAMLResponse") != long {
		t.Errorf("Wait() = %d bytes, %v", len(w.got.Get("SAMLResponse")), w.err)
	}
}

// The page is whole when Wait has returned, even if the process ends at once; and one that comes meanwhile gets nothing.
func TestSecondAnswer(t *testing.T) {
	second := make(chan string, 1)
	var w *waiting
	w = wait(t, "http://127.0.0.1/cb", func(url.Values) error {
		go func() {
			response, err := http.Get(w.url + "?code=late")
			if err != nil {
				second <- "closed"
				return
			}
			defer response.Body.Close()
			second <- response.Status
		}()
		return nil
	})
	w.get("code=c0de")
	<-w.done
	if w.err != nil || w.got.Get("code") != "c0de" {
		t.Errorf("Wait() = %v, %v", w.got, w.err)
	}
	if got := <-second; got != "closed" && got != "410 Gone" {
		t.Errorf("the second answer gets %s", got)
	}
}

func TestEnd(t *testing.T) {
	cause := errors.New("enough")
	w := waitForCode(t)
	w.get("state=wrong&code=x")
	w.end(cause)
	<-w.done
	if !errors.Is(w.err, cause) || !strings.Contains(w.err.Error(), "its state is of another sign-in") {
		t.Errorf("Wait() = %v, want its cause and the refusal", w.err)
	}
}

func TestClose(t *testing.T) {
	c, err := signin.Listen("/cb")
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := c.Wait(t.Context(), func(url.Values) error { return nil })
		failed <- err
	}()
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	}
	if err := <-failed; err == nil || !strings.Contains(err.Error(), c.URL()) {
		t.Errorf("Wait() = %v after Close", err)
	}
}

func TestListenAt(t *testing.T) {
	for _, redirect := range []string{
		"", "/cb", "https://127.0.0.1/cb", "http://127.0.0.2/cb", "http://0.0.0.0/cb", "http://[::1]/cb", "http://example.com/cb",
		"http://localhost.example.com/cb", "http://127.0.0.1/cb?x=y", "http://127.0.0.1/cb#x", "http://me@127.0.0.1/cb",
		"http://127.0.0.1:99999/cb", "http://127.0.0.1:http/cb", "http://127.0.0.1cb", "HTTP://127.0.0.1/cb", "http://LOCALHOST/cb",
	} {
		if c, err := signin.ListenAt(redirect); err == nil {
			c.Close()
			t.Errorf("ListenAt(%q) listens at %s", redirect, c.URL())
		}
	}
	if c, err := signin.Listen("cb"); err == nil {
		c.Close()
		t.Error("Listen takes a path without its slash")
	}

	first, err := signin.ListenAt("http://127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if !regexp.MustCompile(`^http://127\.0\.0\.1:[1-9]\d+$`).MatchString(first.URL()) {
		t.Errorf("URL() = %q, want no path", first.URL())
	}
	if c, err := signin.ListenAt(first.URL() + "/cb"); err == nil || !strings.Contains(err.Error(), "/cb") {
		c.Close()
		t.Errorf("ListenAt of a taken port = %v", err)
	}
}

// raw sends bytes as they are and returns the status line.
func (w *waiting) raw(text string) string {
	w.t.Helper()
	conn := w.dial()
	defer conn.Close()
	_, _ = io.WriteString(conn, text)
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	status, _ := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(status)
}

func (w *waiting) dial() net.Conn {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.host)
	if err != nil {
		w.t.Fatal(err)
	}
	return conn
}

func TestStrangers(t *testing.T) {
	w := waitForCode(t)
	_, port, _ := net.SplitHostPort(w.host)
	const good = "/oauth/callback?code=x&state=right"
	request := func(method, target, host string) string {
		return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n", method, target, host)
	}
	for text, want := range map[string]string{
		request("GET", good, "evil.example:"+port):                     "421",
		request("GET", good, "127.0.0.1"):                              "421",
		request("GET", good, "127.0.0.1:1"):                            "421",
		request("GET", good, "localhost:"+port):                        "421",
		request("GET", good, "localhost.:"+port):                       "421",
		request("GET", good, "[::1]:"+port):                            "421",
		request("GET", good, ""):                                       "421",
		request("GET", "http://"+w.host+good, w.host):                  "421",
		request("GET", "http://evil.example"+good, w.host):             "421",
		"GET " + good + " HTTP/1.0\r\n\r\n":                            "421",
		"GET " + good + " HTTP/1.1\r\n\r\n":                            "400",
		request("GET", "/", w.host):                                    "404",
		request("GET", "/favicon.ico", w.host):                         "404",
		request("GET", "/oauth/callback/?code=x", w.host):              "404",
		request("GET", "//oauth/callback?code=x", w.host):              "404",
		request("GET", "/x/../oauth/callback?code=x", w.host):          "404",
		request("GET", "/oauth%2fcallback?code=x", w.host):             "404",
		request("GET", "/%6fauth/callback?code=x", w.host):             "404",
		request("HEAD", good, w.host):                                  "405",
		request("PUT", good, w.host):                                   "405",
		request("OPTIONS", good, w.host):                               "405",
		request("OPTIONS", "*", w.host):                                "404",
		request("CONNECT", w.host, w.host):                             "421",
		request("get", good, w.host):                                   "405",
		request("GET", good+strings.Repeat("x", 64<<10), w.host):       "431",
		request("GET", good, w.host+"\r\nHost: evil.example"):          "400",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":                             "421",
		"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03 a TLS hello\n\n": "400",
	} {
		if status := w.raw(text); !strings.HasPrefix(status, "HTTP/1.1 "+want+" ") && !strings.HasPrefix(status, "HTTP/1.0 "+want+" ") {
			t.Errorf("%.90q gets %q, want %s", text, status, want)
		}
		w.still()
	}
	w.finish()
}

// localhost is a name of its own: only for who asked for it.
func TestLocalhost(t *testing.T) {
	w := wait(t, "http://localhost/cb", signin.AuthorizationCode("right"))
	_, port, _ := net.SplitHostPort(w.host)
	if w.url != "http://localhost:"+port+"/cb" {
		t.Errorf("URL() = %q", w.url)
	}
	w.host = "127.0.0.1:" + port
	if status := w.raw("GET /cb?code=c0de&state=right HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n"); !strings.Contains(status, " 421 ") {
		t.Errorf("the number gets %q", status)
	}
	w.still()
	if status := w.raw("GET /cb?code=c0de&state=right HTTP/1.1\r\nHost: localhost:" + port + "\r\n\r\n"); !strings.Contains(status, " 200 ") {
		t.Errorf("the name gets %q", status)
	}
	<-w.done
}

func TestHeaders(t *testing.T) {
	w := waitForCode(t)
	for _, target := range []string{w.url + "?state=wrong", "http://" + w.host + "/other", w.url + "?code=c0de&state=right"} {
		_, header, page := w.send("GET", target, "", "")
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; ", "X-Frame-Options": "DENY",
		} {
			if got := header.Get(name); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s: %q, want %q", target, name, got, want)
			}
		}
		if csp := header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") {
			t.Errorf("the policy is %q", csp)
		}
		for _, outside := range []string{"http://", "https://", "src=", "href=", "<script", "c0de"} {
			if strings.Contains(page, outside) {
				t.Errorf("%s: the page has %q", target, outside)
			}
		}
	}
	<-w.done
}

// Connections that say nothing, or say it slowly, make room for the browser's: the oldest goes.
func TestIdleConnections(t *testing.T) {
	w := waitForCode(t)
	var conns []net.Conn
	for i := range 100 {
		conn := w.dial()
		defer conn.Close()
		if i%2 == 0 {
			_, _ = io.WriteString(conn, "POST /oauth/callback HTTP/1.1\r\nHost: "+w.host+"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nco")
		}
		conns = append(conns, conn)
	}
	w.get("state=wrong") // comes after them, so all have been seen when it is answered
	for i, conn := range conns[:60] {
		_ = conn.SetReadDeadline(time.Now().Add(4 * time.Second)) // the server's own deadlines are later
		if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("connection %d of 100 is still open", i)
		}
	}
	w.finish()
}

// A slow client is cut off, and does not hold Wait up.
func TestSlowClient(t *testing.T) {
	w := waitForCode(t)
	slow := w.dial()
	defer slow.Close()
	_, _ = io.WriteString(slow, "GET /oauth/callback?code=x&state=right HTTP/1.1\r\n")
	w.finish()
	_ = slow.SetReadDeadline(time.Now().Add(20 * time.Second))
	if text, err := io.ReadAll(slow); len(text) > 0 && strings.Contains(string(text), " 200 ") {
		t.Errorf("the slow client gets %q, %v", text, err)
	}
}

// The page outlives the address: it is read only after Wait has returned and everything is closed. A client that has
// closed its own side is answered too.
func TestPageArrives(t *testing.T) {
	for range 50 {
		w := waitForCode(t)
		conn := w.dial()
		_, _ = io.WriteString(conn, "GET /oauth/callback?code=x&state=right HTTP/1.1\r\nHost: "+w.host+"\r\n\r\n")
		_ = conn.(*net.TCPConn).CloseWrite()
		<-w.done
		page, err := io.ReadAll(conn)
		conn.Close()
		if err != nil || !strings.HasSuffix(string(page), "</html>\n") {
			t.Fatalf("the page is %q, %v", page, err)
		}
	}
}

// A handoff is for the first who comes, and for those who know its path.
func TestHandOver(t *testing.T) {
	const secret = "https://signin.example/federation?SigninToken=canary"
	var out strings.Builder
	ask := func(address string) *http.Response {
		resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))
		if err != nil {
			return nil
		}
		resp.Body.Close()
		return resp
	}
	opened := ""
	person := signin.Person{Out: &out, Open: func(_ context.Context, address string) error {
		opened = address
		base, _, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "/")
		if resp := ask("http://" + base + "/"); resp.StatusCode != http.StatusNotFound {
			t.Errorf("another path: %s", resp.Status)
		}
		resp := ask(address)
		if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != secret || resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", resp.Status, resp.Header)
		}
		return nil
	}}
	if err := person.HandOver(t.Context(), signin.Page{Why: "sign in", URL: secret}); err != nil {
		t.Fatal(err)
	}
	if resp := ask(opened); resp != nil && resp.StatusCode != http.StatusGone {
		t.Errorf("the second time: %s", resp.Status)
	}
	if !strings.Contains(out.String(), opened) || strings.Contains(out.String(), "canary") || strings.Contains(opened, "canary") {
		t.Errorf("it says %q", out.String())
	}
}
