package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
)

// check returns why a request is not answered with a session, and nil where it is. Whoever has no token learns nothing but
// that.
func (e *Endpoint) check(r *http.Request) *refusal {
	switch {
	case !ours(r), fromElsewhere(r.Header), !e.knowsToken(r.Header):
		return &refusal{http.StatusForbidden, "Forbidden", "only who knows the token is answered"}
	case r.Method != http.MethodGet:
		return &refusal{http.StatusMethodNotAllowed, "MethodNotAllowed", "only GET is answered"}
	case e.slots[r.RequestURI] == nil: // as it was sent: no spelling of a path but the one
		return &refusal{http.StatusNotFound, "NotFound", "no profile is served here"}
	}
	return nil
}

// knowsToken compares digests, so that the time it takes tells not even the token's length.
func (e *Endpoint) knowsToken(h http.Header) bool {
	sent := h.Values("Authorization")
	if len(sent) != 1 {
		return false
	}
	want, got := sha256.Sum256([]byte(e.token)), sha256.Sum256([]byte(sent[0]))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// fromElsewhere reports whether a browser or a proxy sends it. No SDK sends any of these.
func fromElsewhere(h http.Header) bool {
	for name := range h {
		switch {
		case name == "Origin", name == "Referer", name == "Via", name == "Forwarded", name == "Cookie",
			strings.HasPrefix(name, "X-Forwarded-"), strings.HasPrefix(name, "Sec-"):
			return true
		}
	}
	return false
}

// ours reports whether the request's Host is the address that was connected to. A page whose name an attacker's DNS points
// here has that name as its Host. To a socket of this machine no browser connects, but whoever forwards to it may be asked
// by one: there the Host is any loopback address, or one of those at which containers find their credentials.
func ours(r *http.Request) bool {
	if r.URL.Host != "" { // the line of a request to a proxy
		return false
	}
	switch at := r.Context().Value(http.LocalAddrContextKey).(type) {
	case *net.TCPAddr:
		return r.Host == at.String() || at.Port == 80 && r.Host == strings.TrimSuffix(at.String(), ":80")
	case *net.UnixAddr:
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		return ip != nil && (ip.IsLoopback() || isContainerAddress(ip.String()))
	}
	return false
}

// isContainerAddress names the addresses from which SDKs take credentials in clear, beside loopback ones.
func isContainerAddress(ip string) bool {
	return ip == "169.254.170.2" || ip == "169.254.170.23" || ip == "fd00:ec2::23"
}
