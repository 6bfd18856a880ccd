package awsconfig

import (
	"strconv"
	"strings"
)

// address is a web address taken apart, as far as it says where something is sent to. It is stricter than net/url: what
// has a user, white space, a control character or an odd host is none, so nothing can be one thing here and another to
// whoever calls it. (net/url itself is initialised too late for those that a hit waits for.)
type address struct {
	scheme string // http or https
	host   string // without brackets
	port   string // decimal; empty where there is none
	path   string // with its slash; empty where there is none
	query  bool   // there is one
	mark   bool   // there is a fragment
}

func parseAddress(raw string) (a address, ok bool) {
	scheme, rest, found := strings.Cut(raw, "://")
	if !found || scheme != "http" && scheme != "https" {
		return address{}, false
	}
	for i := range len(raw) {
		if c := raw[i]; c <= ' ' || c == 0x7f || c == '\\' || c == '"' || c == '<' || c == '>' {
			return address{}, false
		}
	}
	a.scheme = scheme
	rest, _, a.mark = strings.Cut(rest, "#")
	rest, _, a.query = strings.Cut(rest, "?")
	authority := rest
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, a.path = rest[:i], rest[i:]
	}
	a.host = authority
	if inner, port, bracketed := cutBrackets(authority); bracketed {
		a.host, a.port, ok = inner, port, isWordOf(inner, "0123456789abcdefABCDEF:.") && strings.Contains(inner, ":")
	} else {
		a.host, a.port, _ = strings.Cut(authority, ":")
		ok = isHostName(a.host)
		if strings.Contains(authority, ":") && a.port == "" {
			return address{}, false
		}
	}
	if n, err := strconv.ParseUint(a.port, 10, 16); a.port != "" && (err != nil || n == 0 || !isWordOf(a.port, "0123456789")) {
		return address{}, false
	}
	return a, ok
}

// cutBrackets takes [HOST] or [HOST]:PORT apart.
func cutBrackets(authority string) (host, port string, ok bool) {
	rest, ok := strings.CutPrefix(authority, "[")
	if !ok {
		return "", "", false
	}
	host, rest, ok = strings.Cut(rest, "]")
	if port, found := strings.CutPrefix(rest, ":"); found && port != "" {
		return host, port, ok
	}
	return host, "", ok && rest == ""
}

func isHostName(host string) bool {
	return isWordOf(host, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_")
}

func isWordOf(s, chars string) bool { return s != "" && strings.Trim(s, chars) == "" }

// isLoopback knows this machine by "localhost", ::1, and 127.a.b.c written as four decimal numbers.
func isLoopback(host string) bool {
	if host == "localhost" || host == "::1" {
		return true
	}
	parts := strings.Split(host, ".")
	for _, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || part != strconv.FormatUint(n, 10) {
			return false
		}
	}
	return len(parts) == 4 && parts[0] == "127"
}
