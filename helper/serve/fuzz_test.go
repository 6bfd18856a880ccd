package serve

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"credmint/helper"
)

// FuzzCheck holds whatever is answered to what an SDK sends, as text: one line for the profile, one for the Host, one for the
// token, and none that a browser or a proxy adds.
func FuzzCheck(f *testing.F) {
	const request = "GET /me HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAuthorization: token\r\n"
	for _, more := range []string{"", "Accept: application/json\r\n", "Origin: null\r\n", "Authorization: token\r\n", "host: evil.example\r\n", " folded: a\r\n"} {
		f.Add(request + more + "\r\n")
	}
	f.Add("GET http://127.0.0.1:8000/me HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAuthorization: token\r\n\r\n")
	e := New("token", nil, time.Now)
	e.Add(&helper.Profile{Name: "me"}, helper.Session{})
	at := context.WithValue(f.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8000})
	needed := []*regexp.Regexp{
		regexp.MustCompile(`\A\s*GET /me HTTP/[0-9]\.[0-9]\r?\n`),
		regexp.MustCompile(`(?i)\nhost:[ \t]*127\.0\.0\.1:8000[ \t]*\r?\n`),
		regexp.MustCompile(`\n(?i:authorization):[ \t]*token[ \t]*\r?\n`),
	}
	never := regexp.MustCompile(`(?i)\n(origin|referer|cookie|via|forwarded|sec-[a-z-]*|x-forwarded-[a-z-]*):`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil || e.check(r.WithContext(at)) != nil {
			return
		}
		head, _, _ := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
		head += "\n"
		for _, want := range needed {
			if !want.MatchString(head) {
				t.Errorf("answered %q, without %s", text, want)
			}
		}
		if never.MatchString(head) {
			t.Errorf("answered %q", text)
		}
	})
}
