// Package redact keeps servers from having secrets printed. What a server says when it refuses is shown to people and written
// down, and a server may say back what it was sent: AWS quotes the parameter that it does not like, and a proxy or a page for
// debugging quotes whole requests.
package redact

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Hidden stands where a secret was.
const Hidden = "[hidden]"

// Transport sends requests with Next, and takes the secrets that were in a request out of the answer: out of its status line
// and its headers, and, unless its status says success, out of its body, which whoever reads errors may then quote.
//
// It knows the secrets by the names of their headers and parameters, in forms and in JSON, and finds them as they are and as
// URLs, JSON and XML escape them; and where they were cut short, as long as eight characters are left.
type Transport struct{ Next http.RoundTripper }

// RoundTrip is http.RoundTripper's.
func (t Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	sent := secrets{}
	sent.ofHeaders(req)
	if req.Body != nil && req.Body != http.NoBody {
		body, err := io.ReadAll(req.Body)
		if err := closed(req.Body, err); err != nil {
			return nil, err
		}
		sent.ofBody(body)
		req = req.Clone(req.Context()) // a RoundTripper leaves the request as it is
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	resp, err := t.Next.RoundTrip(req)
	if err != nil || len(sent) == 0 {
		return resp, err
	}
	sent.sort()
	resp.Status = string(sent.hide([]byte(resp.Status)))
	for _, values := range resp.Header {
		for i, value := range values {
			values[i] = string(sent.hide([]byte(value)))
		}
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		resp.Body, resp.ContentLength = &body{ReadCloser: resp.Body, sent: sent}, -1
	}
	return resp, nil
}

func closed(c io.Closer, err error) error {
	if e := c.Close(); err == nil {
		err = e
	}
	return err
}

// body reads all of an answer before it gives out any of it.
type body struct {
	io.ReadCloser
	sent secrets
	rest *bytes.Reader
	err  error // that ended the answer, to be given behind the rest
}

// maxBody bounds what is read of an answer. One that is longer is cut there: those of refusals are short.
const maxBody = 1<<20 + 1

func (b *body) Read(p []byte) (int, error) {
	if b.rest == nil {
		var all []byte
		all, b.err = io.ReadAll(io.LimitReader(b.ReadCloser, maxBody))
		b.rest = bytes.NewReader(b.sent.hide(all))
	}
	n, err := b.rest.Read(p)
	if err == io.EOF && b.err != nil {
		err = b.err
	}
	return n, err
}

// secrets are those of one request.
type secrets []string

// shortest is that of an MFA code. What is shorter would be found in any text.
const shortest = 6

func (s *secrets) add(secret string) {
	if len(secret) >= shortest && !slices.Contains(*s, secret) {
		*s = append(*s, secret)
	}
}

// sort has the longest found first, since one may begin with another.
func (s secrets) sort() {
	slices.SortFunc(s, func(a, b string) int { return len(b) - len(a) })
}

// ofHeaders notes what says who asks. The Authorization of AWS's own signatures holds none.
func (s *secrets) ofHeaders(req *http.Request) {
	for _, name := range []string{"X-Amz-Security-Token", "X-Amz-Sso_bearer_token", "X-Aws-Ec2-Metadata-Token", "Dpop"} {
		s.add(req.Header.Get(name))
	}
	if _, password, ok := req.BasicAuth(); ok {
		s.add(password)
		if plain, err := url.QueryUnescape(password); err == nil { // RFC 6749 section 2.3.1
			s.add(plain)
		}
	}
	if authorization := req.Header.Get("Authorization"); !strings.HasPrefix(authorization, "AWS4-") {
		s.add(authorization[strings.LastIndexByte(authorization, ' ')+1:])
	}
}

// ofBody notes the secret parameters of a form or of JSON.
func (s *secrets) ofBody(body []byte) {
	var document any
	if json.Unmarshal(body, &document) == nil {
		s.ofJSON("", document)
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return
	}
	for name, values := range form {
		for _, value := range values {
			s.ofJSON(name, value)
			if json.Unmarshal([]byte(value), &document) == nil { // the session, for the console
				s.ofJSON("", document)
			}
		}
	}
}

func (s *secrets) ofJSON(name string, value any) {
	switch value := value.(type) {
	case string:
		if isSecret(name) {
			s.add(value)
		}
	case map[string]any:
		for name, inner := range value {
			s.ofJSON(name, inner)
		}
	case []any:
		for _, inner := range value {
			s.ofJSON(name, inner)
		}
	}
}

// isSecret knows the parameters of AWS's and of OAuth's that are secrets: the former write clientSecret, the latter
// client_secret.
func isSecret(parameter string) bool {
	switch strings.ToLower(strings.ReplaceAll(parameter, "_", "")) {
	case "tokencode", "webidentitytoken", "samlassertion", // of STS
		"code", "codeverifier", "devicecode", "refreshtoken", "accesstoken", "idtoken", "clientsecret", "assertion", // of OAuth
		"session", "sessionkey", "sessiontoken", "signintoken": // of the console
		return true
	}
	return false
}
