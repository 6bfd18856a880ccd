package plaintext

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"credmint/helper/atomicfile"
	"credmint/helper/gitcred"
)

// Netrc is a file of hosts, user names and passwords that curl, and so git, looks into by itself.
// See https://everything.curl.dev/usingcurl/netrc.html and parseNetrc.
type Netrc struct {
	Path   string
	Logins Logins
}

var _ Source = (*Netrc)(nil)

// Name is what a person types.
func (s *Netrc) Name() string { return "netrc" }

// Find takes the entries that have host, login and password, and nothing else. A netrc says nothing of protocols: they
// become logins for https.
func (s *Netrc) Find(context.Context) ([]Found, error) {
	data, err := readText(s.Path)
	if err != nil {
		return nil, err
	}
	machines, err := parseNetrc(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Path, err)
	}
	var found []Found
	for _, m := range machines {
		f := Found{Name: m.name(), Stays: m.stays()}
		if f.Stays == "" {
			f = foundLogin(m.credential(), s.Logins)
		}
		f.Where, f.Line = s.Path, m.line
		found = append(found, f)
	}
	return found, nil
}

func (m machine) credential() gitcred.Credential {
	return gitcred.Credential{
		Protocol: gitcred.Some("https"), Host: gitcred.Some(m.host), Username: m.login, Password: m.password,
	}
}

func (m machine) name() string {
	if m.host == "" {
		return "the default of all hosts"
	}
	return name(m.credential())
}

// stays says why the entry is not to be moved.
func (m machine) stays() string {
	switch {
	case m.odd != "":
		return m.odd
	case !m.password.IsSet():
		return "it has no password"
	case !m.login.IsSet():
		return "it has no login"
	case strings.ContainsAny(m.host, "/@?#% "):
		return "its machine is no host"
	}
	return ""
}

// Remove cuts the words of the entries out. Comments stay, and so does all else.
func (s *Netrc) Remove(_ context.Context, taken []Found) error {
	_, err := atomicfile.Edit(s.Path, maxFile, func(old []byte) ([]byte, error) {
		machines, err := parseNetrc(old)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Path, err)
		}
		var words []span
		for _, m := range machines {
			if m.stays() == "" && holds(taken, m.credential()) {
				words = append(words, m.words...)
			}
		}
		return cut(old, words), nil
	})
	return err
}

// cut removes words, which are in their order and have no line end in them, with the white space behind each, and the
// lines of which nothing is left.
func cut(data []byte, words []span) []byte {
	var out []byte
	start := 0
	for line := range bytes.Lines(data) {
		end, n := start+len(line), 0
		for n < len(words) && words[n].start < end {
			n++
		}
		if n > 0 {
			if line = cutLine(data, words[:n], start, end); len(bytes.TrimSpace(line)) == 0 {
				line = nil
			}
		}
		out = append(out, line...)
		words, start = words[n:], end
	}
	return out
}

func cutLine(data []byte, words []span, start, end int) []byte {
	var out []byte
	at := start
	for _, w := range words {
		out = append(out, data[at:w.start]...)
		for at = w.end; at < end && isSpace(data[at]) && data[at] != '\n' && data[at] != '\r'; at++ {
		}
	}
	return append(out, data[at:end]...)
}
