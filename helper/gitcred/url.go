package gitcred

import (
	"errors"
	"strings"
)

// ParseURL reads a URL as git splits one into attributes (credential_from_url_gently in git's credential.c), which is
// also what stands in a line of ~/.git-credentials:
//
//	PROTOCOL://[USERNAME[:PASSWORD]@]HOST[:PORT][/PATH]
//
// Everything but the protocol is percent-decoded; what no escape is stays as it is. What Read would refuse in an
// attribute is an error, which quotes nothing of the URL.
func ParseURL(url string) (Credential, error) {
	protocol, rest, found := strings.Cut(url, "://")
	if !found || protocol == "" {
		return Credential{}, errors.New(`the URL does not begin with a protocol and "://"`)
	}
	c := Credential{Protocol: Some(protocol)}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, path := rest[:end], strings.TrimLeft(rest[end:], "/")
	if user, after, found := strings.Cut(host, "@"); found {
		host = after
		username, password, found := strings.Cut(user, ":")
		c.Username = Some(decode(username))
		if found {
			c.Password = Some(decode(password))
		}
	}
	c.Host = Some(decode(host))
	if path = decode(path); path != "" {
		c.Path = Some(path[:1] + strings.TrimRight(path[1:], "/"))
	}
	for _, key := range textKeys() {
		if err := check(key, c.text(key).Text()); err != nil {
			return Credential{}, err
		}
	}
	return c, nil
}

// decode resolves percent-escapes as git's url_decode_mem does: those before a colon stay, since git takes what is in
// front of one for a protocol; and so do %00 and what is not hexadecimal.
func decode(s string) string {
	begin := max(strings.IndexByte(s, ':'), 0)
	out := []byte(s[:begin])
	for i := begin; i < len(s); i++ {
		if c, ok := escape(s[i:]); ok {
			out = append(out, c)
			i += 2
		} else {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// escape reads the %XX that s begins with.
func escape(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	high, ok1 := digit(s[1])
	low, ok2 := digit(s[2])
	return high<<4 | low, ok1 && ok2 && high|low != 0
}

func digit(b byte) (byte, bool) {
	switch {
	case '0' <= b && b <= '9':
		return b - '0', true
	case 'a' <= b && b <= 'f':
		return b - 'a' + 10, true
	case 'A' <= b && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}
