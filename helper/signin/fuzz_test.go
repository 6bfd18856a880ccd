package signin_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"credmint/helper/signin"
)

// FuzzCallback sends bytes as they are, then the right answer. Whatever came first, nothing is taken but what has the
// state and the code, and only that ends the wait.
func FuzzCallback(f *testing.F) {
	for _, request := range []string{
		"GET /cb?code=x&state=right HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"GET /cb?error=<b>&state=right HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"POST /cb HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 19\r\n\r\ncode=x&state=right%",
		"POST /cb HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"GET http://HOST/cb?code=x&state=right HTTP/1.0\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n",
	} {
		f.Add(request)
	}
	f.Fuzz(func(t *testing.T, request string) {
		c, err := signin.Listen("/cb")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		host := strings.TrimSuffix(strings.TrimPrefix(c.URL(), "http://"), "/cb")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		type result struct {
			fields url.Values
			err    error
		}
		results := make(chan result, 1)
		go func() {
			fields, err := c.Wait(ctx, signin.AuthorizationCode("right"))
			results <- result{fields, err}
		}()

		status := exchange(t, host, strings.ReplaceAll(request, "HOST", host))
		after := exchange(t, host, "GET /cb?code=after&state=right HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
		if status != 200 && status != 403 && after != 200 {
			t.Errorf("the right answer gets %d after %q got %d", after, request, status)
			cancel()
		}
		r := <-results
		switch {
		case status == 403:
			if r.err == nil || !strings.Contains(request, "error") || !strings.Contains(request, "right") {
				t.Errorf("%q is denied: %v", request, r.err)
			}
		case r.err != nil || len(r.fields["code"]) != 1 || len(r.fields["state"]) != 1 || r.fields.Get("state") != "right":
			t.Errorf("Wait() = %v, %v after %q", r.fields, r.err, request)
		case status == 200 && !strings.Contains(request, "right"):
			t.Errorf("%q is taken", request)
		}
	})
}

// exchange sends bytes, closes its side, and returns the status of the answer, or 0. What answers must be hardened.
func exchange(t *testing.T, host, request string) int {
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return 0 // closed: the first was taken
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, request)
	_ = conn.(*net.TCPConn).CloseWrite()
	_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	if response.StatusCode == 200 && response.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%q gets a page that is kept", request)
	}
	return response.StatusCode
}
