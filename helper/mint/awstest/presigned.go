package awstest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The parameters of a signature that stands in the address:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html#aws-signing-authentication-methods-query.
func presignedParams() []string {
	return []string{
		"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Security-Token", "X-Amz-Signature",
	}
}

func isPresignedParam(name string) bool { return slices.Contains(presignedParams(), name) }

// parsePresigned reads a signature from the parameters of an address, each of which is there once.
func parsePresigned(q url.Values) (s signature, tokens []string, _ *refusal) {
	for _, name := range presignedParams() {
		if n := len(q[name]); n > 1 || n == 0 && name != "X-Amz-Security-Token" {
			return s, nil, incomplete("AWS query-string parameters must include '" + name + "' once.")
		}
	}
	s, failure := parseAuthorization(fmt.Sprintf("%s Credential=%s,SignedHeaders=%s,Signature=%s",
		q.Get("X-Amz-Algorithm"), q.Get("X-Amz-Credential"), q.Get("X-Amz-SignedHeaders"), q.Get("X-Amz-Signature")))
	s.presigned = true
	return s, q["X-Amz-Security-Token"], failure
}

// ClusterCaller is whom an EKS cluster lets in with a token: it has STS asked whose it is, with the cluster's name in a
// header that must be signed. The rules are those of https://github.com/kubernetes-sigs/aws-iam-authenticator.
func (a *AWS) ClusterCaller(token, cluster string) (arn string, err error) {
	text, ok := strings.CutPrefix(token, "k8s-aws-v1.")
	address, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil || len(token) > 4096 {
		return "", fmt.Errorf("it is no token of EKS: %w", err)
	}
	r, err := http.NewRequest(http.MethodGet, string(address), nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("X-K8s-Aws-Id", cluster)
	q := r.URL.Query()
	known := onlyKnown(q, append(presignedParams(), "Action", "Version")) == nil
	expires, err := strconv.Atoi(q.Get("X-Amz-Expires"))
	signed := slices.Contains(strings.Split(q.Get("X-Amz-SignedHeaders"), ";"), "x-k8s-aws-id")
	if !known || err != nil || expires < 0 || expires > 900 || !signed || r.URL.Path != "/" || q.Get("Action") != "GetCallerIdentity" || q.Get("Version") != "2011-06-15" {
		return "", fmt.Errorf("EKS does not take %s", r.URL.RawQuery)
	}
	return a.presignedBy(r, "sts")
}

// DatabaseCaller is whom an RDS database lets in as a user with a password that is a token.
func (a *AWS) DatabaseCaller(password, host string, port int, user string) (arn string, err error) {
	r, err := http.NewRequest(http.MethodGet, "https://"+password, nil)
	if err != nil {
		return "", err
	}
	q := r.URL.Query()
	at, err := time.Parse(amzDate, q.Get("X-Amz-Date"))
	known := onlyKnown(q, append(presignedParams(), "Action", "DBUser")) == nil
	if err != nil || !known || r.URL.Host != host+":"+strconv.Itoa(port) || r.URL.Path != "/" || q.Get("Action") != "connect" || q.Get("DBUser") != user {
		return "", fmt.Errorf("it is no password of %s on %s:%d", user, host, port)
	}
	life, err := strconv.Atoi(q.Get("X-Amz-Expires"))
	if err != nil || life < 1 || life > 900 || a.Now().After(at.Add(time.Duration(life)*time.Second)) {
		return "", fmt.Errorf("it is over, or lasts too long: %w", err)
	}
	return a.presignedBy(r, "rds-db")
}

// presignedBy finds out who signed a request.
func (a *AWS) presignedBy(r *http.Request, service string) (arn string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	who, failure := a.authenticate(r, nil, service)
	if failure != nil {
		return "", fmt.Errorf("%s: %s", failure.code, failure.message)
	}
	return who.arn, nil
}
