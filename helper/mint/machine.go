package mint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"credmint/helper"
)

// machine is a service of the machine that this process runs on. It knows who asks by where they are, so nothing is signed.
type machine struct {
	what    string // "EC2's instance metadata"
	profile *helper.Profile
	client  *http.Client
	retryer aws.Retryer
}

func (n *Network) machine(p *helper.Profile, what string, timeout time.Duration) (*machine, error) {
	shared, err := n.client(p)
	if err != nil {
		return nil, err
	}
	near := *shared
	near.Timeout = timeout
	return &machine{what: what, profile: p, client: &near, retryer: whileBusy()}, nil
}

// whileBusy asks three times in all while a service says that it is busy; one that is not there is not waited for.
func whileBusy(more ...retry.IsErrorRetryable) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = 3, time.Second
		o.Retryables = append(more, retry.RetryableHTTPStatusCode{Codes: map[int]struct{}{
			http.StatusTooManyRequests: {}, http.StatusInternalServerError: {}, http.StatusBadGateway: {},
			http.StatusServiceUnavailable: {}, http.StatusGatewayTimeout: {},
		}})
	})
}

// ask returns the body of an answer with status 200. headers are names and values in turn. An error is an *httpStatus, or
// that of the connection.
func (m *machine) ask(ctx context.Context, method, address string, headers ...string) (body []byte, err error) {
	err = tried(ctx, m.retryer, func() error {
		body, err = m.askOnce(ctx, method, address, headers)
		return err
	})
	return body, err
}

func (m *machine) askOnce(ctx context.Context, method, address string, headers []string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "credmint")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := m.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = &httpStatus{resp.StatusCode, body}
	}
	return body, err
}

// httpStatus is an answer that is no success.
type httpStatus struct {
	code int
	body []byte
}

// HTTPStatusCode is for the SDK's retryers.
func (e *httpStatus) HTTPStatusCode() int { return e.code }

func (e *httpStatus) Error() string { return fmt.Sprintf("it answered with HTTP status %d", e.code) }

// explain turns an error of ask into one that names the profile, with what may be the cause as a hint.
func (m *machine) explain(err error, hint string) error {
	var answered *httpStatus
	var sent *url.Error
	switch {
	case errors.As(err, &answered) && answered.says() != "":
		err = fmt.Errorf("%w: %s", err, answered.says())
	case errors.As(err, &sent) && sent.Timeout(): // it has many words for that
		err = fmt.Errorf("nothing answers at %s", sent.URL)
	}
	return &machineError{profile: m.profile.Name, what: m.what, error: err, hint: hint}
}

// says is what ECS says in JSON, and EKS in a line of text. Others, who send pages, say nothing.
func (e *httpStatus) says() string {
	const most = 300
	var refusal struct{ Code, Message string }
	if json.Unmarshal(e.body, &refusal) == nil && refusal.Code != "" {
		return refusal.Code + ": " + refusal.Message
	}
	text := strings.TrimSpace(string(e.body))
	if len(text) > most || strings.ContainsAny(text, "<\n") {
		return ""
	}
	return text
}

// machineError is that a service of this machine gives no session.
type machineError struct {
	profile, what string
	error
	hint string
}

func (e *machineError) Error() string {
	return fmt.Sprintf("profile %q: %s: %v", e.profile, e.what, e.error)
}
func (e *machineError) Unwrap() error { return e.error }

// Hint says what is the most likely cause.
func (e *machineError) Hint() string { return e.hint }

// credentials is the document in which services of a machine hand out a session.
type machineCredentials struct {
	helper.Unwritten

	AccessKeyID            string `json:"AccessKeyId"`
	SecretAccessKey, Token string
	Expiration             time.Time
	RoleARN                string `json:"RoleArn"`   // ECS
	AccountID              string `json:"AccountId"` // EKS
	Code, Message          string // EC2
}

// session reads the document. A session whose time is over counts for so much longer.
func (m *machine) session(document []byte, at moment, longer time.Duration) (helper.Session, error) {
	var c machineCredentials
	fail := func(err error) (helper.Session, error) { return helper.Session{}, m.explain(err, "") }
	switch {
	case json.Unmarshal(document, &c) != nil:
		return fail(errors.New("what answered does not speak like AWS"))
	case c.Code != "" && c.Code != "Success":
		return fail(fmt.Errorf("it refused: %s: %s", c.Code, c.Message))
	case c.AccessKeyID == "" || c.SecretAccessKey == "" || c.Token == "":
		return fail(errors.New("it answered without credentials"))
	case c.Expiration.IsZero():
		return fail(errors.New("it answered without an expiration"))
	}
	expires := at.here(c.Expiration)
	switch ended := at.now.Sub(expires); {
	case ended >= 0 && longer == 0:
		return fail(&ClockError{Ended: ended})
	case ended >= 0:
		expires = at.now.Add(longer).UTC()
	}
	if c.AccountID == "" {
		c.AccountID = helper.AccountOf(c.RoleARN)
	}
	return helper.Session{
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.Token,
		AccountID: c.AccountID, Issued: at.now.UTC(), Expires: expires, Ahead: at.off(),
	}, nil
}
