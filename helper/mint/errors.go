package mint

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"credmint/helper"
)

// Error is a request that AWS refused.
type Error struct {
	Profile   string
	Operation string // "AssumeRole"
	Code      string // AWS's: "AccessDenied"
	Message   string // AWS's
	RequestID string // for AWS's support and CloudTrail

	profile *helper.Profile
	proof   string // what the token or the assertion that was refused says of itself; empty for other operations
}

func (e *Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("profile %q: AWS refused %s: %s", e.Profile, e.Operation, e.Code)
	}
	return fmt.Sprintf("profile %q: AWS refused %s: %s: %s", e.Profile, e.Operation, e.Code, e.Message)
}

// wrongCode recognises the refusal of an MFA code.
func (e *Error) wrongCode() bool { return e.Code == "AccessDenied" && e.says(wrongCode) }

// unknownCode is the SDK's for an answer in which it found no code of AWS's.
const unknownCode = "UnknownError"

// explain turns the SDK's errors into ours: a refusal to *Error, the rest to one line that names the profile; nil stays nil.
func explain(p *helper.Profile, operation string, err error) error {
	var (
		refused smithy.APIError
		resp    *smithyhttp.ResponseError
		request *url.Error
		decode  *smithy.DeserializationError
	)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &request), errors.Is(err, context.Canceled):
		return fmt.Errorf("profile %q: %s: %w", p.Name, operation, ended(err))
	case errors.As(err, &decode) && (!errors.As(err, &resp) || resp.HTTPStatusCode() < 500), errors.Is(err, errTooLong):
		return fmt.Errorf("profile %q: %s: what answered does not speak like AWS (check endpoint_url and proxies)%s",
			p.Name, operation, status(err))
	case errors.As(err, &refused) && refused.ErrorCode() != unknownCode:
		e := &Error{
			Profile: p.Name, Operation: operation, profile: p,
			Code: refused.ErrorCode(), Message: strings.TrimSpace(refused.ErrorMessage()),
		}
		var id interface{ ServiceRequestID() string }
		if errors.As(err, &id) {
			e.RequestID = id.ServiceRequestID()
		}
		return e
	case errors.As(err, &request):
		return &Unreachable{profile: p, operation: operation, err: request}
	case errors.As(err, &resp):
		return fmt.Errorf("profile %q: %s: %w", p.Name, operation, statusError(resp.HTTPStatusCode()))
	}
	return fmt.Errorf("profile %q: %s: %w", p.Name, operation, err)
}

// statusError is an answer that says no more than its HTTP status.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("AWS answered with HTTP status %d", int(e)) }

// passing reports whether an explained error may be gone the next time, for whoever would ask again anyway. Whoever answers in
// AWS's place with a certificate that is not AWS's does so on purpose, and a proxy that lets nobody through will not do so the next time.
func passing(err error) bool {
	var (
		status      statusError
		unreachable *Unreachable
		proxy       *proxyRefusal
	)
	switch {
	case errors.As(err, new(*tls.CertificateVerificationError)), errors.As(err, &proxy) && proxy.status < 500:
		return false
	case errors.As(err, &status) && (status >= 500 || status == http.StatusTooManyRequests), errors.As(err, &unreachable):
		return true
	}
	_, throttled := retry.DefaultThrottleErrorCodes[codeOf(err)]
	return throttled || codeOf(err) == "InternalServerException"
}

// ended is the end of a context, without the SDK's words around it.
func ended(err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	return context.DeadlineExceeded
}

func status(err error) string {
	var resp *smithyhttp.ResponseError
	if errors.As(err, &resp) && resp.HTTPStatusCode() != 0 {
		return fmt.Sprintf("; HTTP status %d", resp.HTTPStatusCode())
	}
	return ""
}
