package awstest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	algorithm = "AWS4-HMAC-SHA256"
	amzDate   = "20060102T150405Z" // X-Amz-Date
	tolerance = 15 * time.Minute   // between a signature's time and AWS's
)

// signature is what a request's Authorization header claims.
type signature struct {
	keyID, date, region, service string
	headers                      []string
	value                        string
	presigned                    bool // it stands in the address, and so does its time
}

// parseAuthorization reads "AWS4-HMAC-SHA256 Credential=ID/DATE/REGION/SERVICE/aws4_request, SignedHeaders=…,
// Signature=…": each part once, and nothing else.
func parseAuthorization(header string) (signature, *refusal) {
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return signature{}, incomplete("Unsupported AWS 'algorithm': only " + algorithm + " for now.")
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := parts[name]; twice || !slices.Contains([]string{"Credential", "SignedHeaders", "Signature"}, name) {
			return signature{}, incomplete("'" + name + "' is not expected in the Authorization header, or not twice.")
		}
		parts[name] = value
	}
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if parts[name] == "" {
			return signature{}, incomplete("Authorization header requires '" + name + "' parameter.")
		}
	}
	scope := strings.Split(parts["Credential"], "/")
	if len(scope) != 5 || slices.Contains(scope, "") {
		return signature{}, incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" + parts["Credential"] + "'")
	}
	if scope[4] != "aws4_request" {
		return signature{}, mismatch("Credential should be scoped with a valid terminator: 'aws4_request', not '" + scope[4] + "'.")
	}
	return signature{
		keyID: scope[0], date: scope[1], region: scope[2], service: scope[3],
		headers: strings.Split(parts["SignedHeaders"], ";"), value: parts["Signature"],
	}, nil
}

// verify computes a request's signature anew, by
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, and compares.
func (s signature) verify(r *http.Request, body []byte, secret string, now time.Time) *refusal {
	at, failure := s.time(r, now)
	if failure != nil {
		return failure
	}
	if failure := s.covers(r); failure != nil {
		return failure
	}
	if claimed := r.Header.Get("X-Amz-Content-Sha256"); claimed != "" && claimed != hexSum(body) {
		return mismatch("The value of x-amz-content-sha256 is not the hash of the payload.")
	}
	text := s.stringToSign(at, s.canonical(r, body))
	want := hex.EncodeToString(mac(s.signingKey(secret), text))
	if !hmac.Equal([]byte(want), []byte(s.value)) {
		return mismatch("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

// time is when the request was signed, which must be now and agree with the scope.
func (s signature) time(r *http.Request, now time.Time) (time.Time, *refusal) {
	const compact = amzDate
	text := r.Header.Get("X-Amz-Date")
	if s.presigned {
		text = r.URL.Query().Get("X-Amz-Date")
	}
	at, err := time.Parse(compact, text)
	earliest, latest := now.Add(-tolerance).UTC(), now.Add(tolerance).UTC()
	switch {
	case err != nil:
		return at, incomplete("Date must be in ISO-8601 'basic format'. Got '" + text + "'.")
	case at.Format("20060102") != s.date:
		return at, mismatch("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
			s.date + "' != '" + at.Format("20060102") + "', from '" + at.Format(compact) + "'.")
	case at.Before(earliest):
		return at, mismatch("Signature expired: " + at.Format(compact) + " is now earlier than " +
			earliest.Format(compact) + " (" + now.UTC().Format(compact) + " - 15 min.)")
	case at.After(latest):
		return at, mismatch("Signature not yet current: " + at.Format(compact) + " is still later than " +
			latest.Format(compact) + " (" + now.UTC().Format(compact) + " + 15 min.)")
	}
	return at, nil
}

// covers demands that what AWS says must be signed is: the host, and every header that begins with x-amz-, the session
// token's among them. Headers are listed in lower case and in order.
func (s signature) covers(r *http.Request) *refusal {
	if !slices.IsSorted(s.headers) || !slices.Equal(s.headers, slices.Compact(slices.Clone(s.headers))) {
		return mismatch("SignedHeaders must be in order, each once.")
	}
	if !slices.Contains(s.headers, "host") {
		return mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range r.Header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-amz-") && !slices.Contains(s.headers, name) {
			return mismatch("'" + name + "' must be a 'SignedHeader' in the AWS Authorization.")
		}
	}
	return nil
}

func (s signature) stringToSign(at time.Time, canonical string) string {
	return strings.Join([]string{algorithm, at.Format(amzDate), s.scope(), hexSum([]byte(canonical))}, "\n")
}

func (s signature) scope() string { return s.date + "/" + s.region + "/" + s.service + "/aws4_request" }

func (s signature) signingKey(secret string) []byte {
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(s.scope(), "/") {
		key = mac(key, part)
	}
	return key
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
