package awstest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// amzDate is the form of X-Amz-Date.
const amzDate = "20060102T150405Z"

// signature is what a request's Authorization header claims.
type signature struct {
	keyID, date, region, service string
	headers                      []string
	value                        string
}

// parseAuthorization reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
func parseAuthorization(header string) (signature, bool) {
	rest, ok := strings.CutPrefix(header, "AWS4-HMAC-SHA256 ")
	if !ok {
		return signature{}, false
	}
	var s signature
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			scope := strings.Split(value, "/")
			if len(scope) != 5 || scope[4] != "aws4_request" {
				return signature{}, false
			}
			s.keyID, s.date, s.region, s.service = scope[0], scope[1], scope[2], scope[3]
		case "SignedHeaders":
			s.headers = strings.Split(value, ";")
		case "Signature":
			s.value = value
		}
	}
	return s, s.keyID != "" && len(s.headers) > 0 && s.value != ""
}

// verify computes the signature anew, by the rule of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, and compares. It returns
// AWS's error.
func (s signature) verify(r *http.Request, body []byte, secret string, now time.Time) *apiError {
	at, err := time.Parse(amzDate, r.Header.Get("X-Amz-Date"))
	switch {
	case err != nil:
		return refuse(403, "IncompleteSignature", "X-Amz-Date is missing or malformed")
	case at.Format("20060102") != s.date:
		return refuse(403, "SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP")
	case s.service != "sts":
		return refuse(403, "SignatureDoesNotMatch", "Credential should be scoped to correct service: 'sts'.")
	case now.Sub(at) > 15*time.Minute:
		return refuse(403, "SignatureDoesNotMatch", "Signature expired: "+at.Format(amzDate)+" is now earlier than "+now.Add(-15*time.Minute).UTC().Format(amzDate))
	case at.Sub(now) > 15*time.Minute:
		return refuse(403, "SignatureDoesNotMatch", "Signature not yet current: "+at.Format(amzDate)+" is still later than "+now.Add(15*time.Minute).UTC().Format(amzDate))
	}
	must := []string{"host", "x-amz-date"}
	if r.Header.Get("X-Amz-Security-Token") != "" {
		must = append(must, "x-amz-security-token")
	}
	for _, h := range must {
		if !slices.Contains(s.headers, h) {
			return refuse(403, "SignatureDoesNotMatch", "'"+h+"' must be a signed header")
		}
	}
	toSign := "AWS4-HMAC-SHA256\n" + at.Format(amzDate) + "\n" +
		strings.Join([]string{s.date, s.region, s.service, "aws4_request"}, "/") + "\n" + hexSum(s.canonical(r, body))
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.region, s.service, "aws4_request"} {
		key = mac(key, part)
	}
	want := hex.EncodeToString(mac(key, toSign))
	if subtle.ConstantTimeCompare([]byte(want), []byte(s.value)) != 1 {
		return refuse(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.")
	}
	return nil
}

func (s signature) canonical(r *http.Request, body []byte) []byte {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + r.URL.EscapedPath() + "\n" + canonicalQuery(r.URL.Query()) + "\n")
	for _, h := range s.headers {
		value := strings.Join(r.Header.Values(h), ",")
		switch h {
		case "host":
			value = r.Host
		case "content-length":
			value = r.Header.Get("Content-Length")
		}
		b.WriteString(h + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	b.WriteString("\n" + strings.Join(s.headers, ";") + "\n" + hexSum(body))
	return []byte(b.String())
}

func canonicalQuery(q url.Values) string { return strings.ReplaceAll(q.Encode(), "+", "%20") }

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
