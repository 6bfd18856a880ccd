package awsconfig

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

// What is taken is what net/url takes, and leads to the same place; what is not may be more than it refuses.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"https://sts.eu-west-1.amazonaws.com", "http://127.0.0.1:8080/a?b#c", "http://[::1]:1/", "https://a@b", "https://a:b",
		"https://a:0", "https://a:65536", "http://[::1", "https://a b", "http://127.1", "https://", "ftp://a", "https://a\\b",
		"https://a/%2f", "https://A.Example.", "http://0x7f.0.0.1", "https://[fe80::1%25eth0]/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		a, ok := parseAddress(raw)
		if !ok {
			return
		}
		u, err := url.Parse(raw)
		if err != nil {
			if strings.ContainsAny(raw, "%[") { // an escape or an IPv6 address that means nothing: whoever calls it will say so
				return
			}
			t.Fatalf("%q is taken; net/url: %v", raw, err)
		}
		path, _ := url.PathUnescape(a.path) // url.Parse has read it
		if u.Scheme != a.scheme || u.Hostname() != a.host || u.Port() != a.port || u.User != nil || u.Path != path {
			t.Errorf("%q became %+v, net/url has %q %q %q %q", raw, a, u.Scheme, u.Hostname(), u.Port(), u.Path)
		}
		if a.query != (u.RawQuery != "" || u.ForceQuery) || !a.mark && u.Fragment != "" {
			t.Errorf("%q: query %v, fragment %v; net/url has %q and %q", raw, a.query, a.mark, u.RawQuery, u.Fragment)
		}
		if addr, err := netip.ParseAddr(a.host); isLoopback(a.host) && a.host != "localhost" && (err != nil || !addr.IsLoopback()) {
			t.Errorf("%q is no loopback address", a.host)
		}
	})
}

func TestAddress(t *testing.T) {
	for raw, want := range map[string]address{
		"https://a.example":             {scheme: "https", host: "a.example"},
		"http://127.0.0.1:80/x/y?z=1#f": {scheme: "http", host: "127.0.0.1", port: "80", path: "/x/y", query: true, mark: true},
		"http://[fd00:ec2::254]/":       {scheme: "http", host: "fd00:ec2::254", path: "/"},
		"http://[::1]:8080":             {scheme: "http", host: "::1", port: "8080"},
	} {
		if got, ok := parseAddress(raw); !ok || got != want {
			t.Errorf("%q = %+v, %v; want %+v", raw, got, ok, want)
		}
	}
	for _, raw := range []string{
		"", "a.example", "HTTPS://a", "https://", "https:///x", "https://u@a", "https://u:p@a", "https://a:", "https://a:x", "https://a:99999",
		"https://a:0", "https://a b", "https://a\n", "https://a\\@b", "http://[::1", "http://[::1]x", "http://[a]", "http://::1/", "https://%61",
		"ftp://a", "https://ä.example",
	} {
		if got, ok := parseAddress(raw); ok {
			t.Errorf("%q is taken as %+v", raw, got)
		}
	}
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.255.0.9": true, "::1": true, "127.1": false, "0127.0.0.1": false, "127.0.0.256": false,
		"0x7f.0.0.1": false, "2130706433": false, "localhost.": false, "localhost.evil.example": false, "128.0.0.1": false, "127.0.0.1.evil.example": false,
	} {
		if got := isLoopback(host); got != want {
			t.Errorf("isLoopback(%q) = %v", host, got)
		}
	}
}
