package awstest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// canonical is the request in the one form that both sides hash.
func (s signature) canonical(r *http.Request, body []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n%s\n", r.Method, canonicalPath(r.URL.EscapedPath()), canonicalQuery(s.unsigned(r.URL.RawQuery)))
	for _, name := range s.headers {
		fmt.Fprintf(&b, "%s:%s\n", name, canonicalHeader(r, name))
	}
	fmt.Fprintf(&b, "\n%s\n%s", strings.Join(s.headers, ";"), hexSum(body))
	return b.String()
}

// unsigned is a query without the signature that stands in it.
func (s signature) unsigned(query string) string {
	if s.presigned {
		query = strings.Replace(query, "&X-Amz-Signature="+s.value, "", 1)
	}
	return query
}

// canonicalPath encodes the path as sent once more, as every service but S3 does.
func canonicalPath(path string) string {
	if path == "" {
		return "/"
	}
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = encode(s)
	}
	return strings.Join(segments, "/")
}

// canonicalQuery sorts by encoded name, then by encoded value.
func canonicalQuery(raw string) string {
	type pair struct{ name, value string }
	var pairs []pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{encode(decode(name)), encode(decode(value))})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if a.name != b.name {
			return strings.Compare(a.name, b.name)
		}
		return strings.Compare(a.value, b.value)
	})
	text := make([]string, len(pairs))
	for i, p := range pairs {
		text[i] = p.name + "=" + p.value
	}
	return strings.Join(text, "&")
}

// decode undoes percent-encoding; what is none stays, and makes the signature wrong.
func decode(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	return s
}

// encode leaves RFC 3986's unreserved characters only, and writes the rest as %XX in capitals.
func encode(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; isWord(rune(c)) || strings.IndexByte("-.~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// canonicalHeader joins a header's values with commas, each without outer spaces and with single ones inside. Two of
// them net/http keeps elsewhere.
func canonicalHeader(r *http.Request, name string) string {
	values := slices.Clone(r.Header.Values(name))
	switch name {
	case "host":
		values = []string{r.Host}
	case "content-length":
		values = []string{strconv.FormatInt(r.ContentLength, 10)}
	}
	for i, v := range values {
		values[i] = strings.Join(strings.FieldsFunc(v, func(c rune) bool { return c == ' ' }), " ")
	}
	return strings.Join(values, ",")
}
