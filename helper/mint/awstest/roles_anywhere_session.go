package awstest

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The algorithms of https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-sign-process.html.
const (
	x509RSA   = "AWS4-X509-RSA-SHA256"
	x509ECDSA = "AWS4-X509-ECDSA-SHA256"
)

// anywhereInput is what CreateSession is asked for.
type anywhereInput struct {
	anchorARN, profileARN, roleARN, sessionName string
	duration                                    time.Duration
}

// anywhereService serves CreateSession:
// https://docs.aws.amazon.com/rolesanywhere/latest/userguide/authentication-create-session.html.
func (a *AWS) anywhereService(r *http.Request) http.HandlerFunc {
	if r.URL.Path != "/sessions" {
		return nil
	}
	return a.createSession
}

func (a *AWS) createSession(w http.ResponseWriter, r *http.Request) {
	id := requestID()
	w.Header().Set("X-Amzn-RequestId", id)
	words := jsonWords(refuse(http.StatusTooManyRequests, "ThrottlingException", "Rate exceeded"))
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	logged := url.Values{"Action": {"CreateSession"}}
	for name, values := range r.URL.Query() {
		logged[name] = values
	}
	call := a.arrive(r, logged)
	fault := a.fault("CreateSession")
	if fault.answers(a, w, r, words) {
		return
	}
	var made *session
	failure := anywhereInvalid("Malformed request")
	if err == nil {
		made, failure = a.performCreateSession(r, body, fault)
	}
	var who caller
	if made != nil {
		who.arn = made.ARN
	}
	a.finish(call, who, failure)
	if failure != nil {
		words.write(failure, w, id)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	document, _ := json.Marshal(createdSession(made, r.URL.Query().Get("roleArn"), fault)) // of strings: cannot fail
	fault.send(w, document)
}

func createdSession(s *session, role string, f Fault) map[string]any {
	if f.Empty {
		return map[string]any{"credentialSet": []any{}}
	}
	credentials := map[string]string{"accessKeyId": s.keyID, "secretAccessKey": s.secret, "sessionToken": s.token}
	if !f.NoExpiry {
		credentials["expiration"] = s.claimed.UTC().Format(time.RFC3339)
	}
	return map[string]any{
		"credentialSet": []any{map[string]any{
			"assumedRoleUser": map[string]string{"arn": s.ARN, "assumedRoleId": s.UserID},
			"credentials":     credentials, "packedPolicySize": 10, "roleArn": role, "sourceIdentity": s.SourceIdentity,
		}},
		"subjectArn": "arn:aws:rolesanywhere:eu-west-1:111111111111:subject/41cd4dff-1b64-4b18-8b59-0ae2a4a4a8e4",
	}
}

func (a *AWS) performCreateSession(r *http.Request, body []byte, f Fault) (*session, *refusal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	in, failure := anywhereForm(r, body)
	if failure != nil {
		return nil, failure
	}
	cert, chain, failure := presented(r)
	if failure != nil {
		return nil, failure
	}
	t, failure := a.anchor(in)
	if failure != nil {
		return nil, failure
	}
	if failure := a.verifyX509(r, body, cert, strings.Split(t.ARN, ":")[3]); failure != nil {
		return nil, failure
	}
	if failure := t.trusts(cert, chain, a.now()); failure != nil {
		return nil, failure
	}
	return t.create(in, cert, f)
}

// anywhereForm reads the ARNs from the query and the rest from the body, as AWS's helper sends them.
func anywhereForm(r *http.Request, body []byte) (in anywhereInput, _ *refusal) {
	query := r.URL.Query()
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || media != "application/json" || len(query) != 3 {
		return in, anywhereInvalid("Malformed request")
	}
	for name, to := range map[string]*string{"trustAnchorArn": &in.anchorARN, "profileArn": &in.profileARN, "roleArn": &in.roleARN} {
		if len(query[name]) != 1 {
			return in, anywhereInvalid(name + " is required, once")
		}
		*to = query.Get(name)
	}
	var more struct {
		DurationSeconds *int    `json:"durationSeconds"`
		RoleSessionName *string `json:"roleSessionName"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&more); err != nil {
		return in, anywhereInvalid("Malformed JSON")
	}
	in.duration = time.Hour
	if more.DurationSeconds != nil {
		if n := *more.DurationSeconds; n < 900 || n > 43200 {
			return in, anywhereInvalid("durationSeconds must be between 900 and 43200")
		}
		in.duration = time.Duration(*more.DurationSeconds) * time.Second
	}
	if more.RoleSessionName != nil {
		in.sessionName = *more.RoleSessionName
		if matches(in.sessionName, "roleSessionName", 2, 64, "+=,.@-") != nil {
			return in, anywhereInvalid("roleSessionName is invalid")
		}
	}
	return in, nil
}

// presented is the certificate of a request and its chain.
func presented(r *http.Request) (cert *x509.Certificate, chain []*x509.Certificate, _ *refusal) {
	given, chained := r.Header.Values("X-Amz-X509"), r.Header.Values("X-Amz-X509-Chain")
	if len(given) != 1 || len(chained) > 1 {
		return nil, nil, anywhereDenied("X-Amz-X509 is given once, and its chain once or not at all")
	}
	for i, text := range append(given, splitChain(chained)...) {
		der, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, nil, anywhereDenied("A certificate is no base64")
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, nil, anywhereDenied("A certificate cannot be read")
		}
		if i == 0 {
			cert = c
		} else {
			chain = append(chain, c)
		}
	}
	return cert, chain, nil
}

func splitChain(chained []string) []string {
	if len(chained) == 0 {
		return nil
	}
	return strings.Split(chained[0], ",")
}

// verifyX509 checks who signed a request, and that it is all signed.
func (a *AWS) verifyX509(r *http.Request, body []byte, cert *x509.Certificate, region string) *refusal {
	invalid := func(message string) *refusal {
		return refuse(http.StatusForbidden, "InvalidSignatureException", message)
	}
	authorization := r.Header.Values("Authorization")
	if len(authorization) != 1 {
		return invalid("Authorization is given once")
	}
	way, rest, _ := strings.Cut(authorization[0], " ")
	s, failure := parseAuthorization(algorithm + " " + rest) // the rest is as in other signatures
	if failure != nil {
		return invalid(failure.message)
	}
	at, failure := s.time(r, a.now())
	if failure == nil {
		failure = s.covers(r)
	}
	switch {
	case failure != nil:
		return invalid(failure.message)
	case s.service != "rolesanywhere" || s.region != region:
		return invalid("Credential should be scoped to rolesanywhere in " + region)
	case s.keyID != cert.SerialNumber.String():
		return invalid("Credential should begin with the certificate's serial number, in decimal")
	case !slices.Contains(s.headers, "content-type"):
		return invalid("content-type must be signed")
	}
	text := strings.Join([]string{way, at.Format(amzDate), s.scope(), hexSum([]byte(s.canonical(r, body)))}, "\n")
	digest := sha256.Sum256([]byte(text))
	signature, err := hex.DecodeString(s.value)
	if err != nil || !verifies(cert, way, digest[:], signature) {
		return invalid("The request signature does not match")
	}
	return nil
}

func anywhereInvalid(message string) *refusal {
	return refuse(http.StatusBadRequest, "ValidationException", message)
}
