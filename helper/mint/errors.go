package mint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

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

// wrongCode recognises the refusal of an MFA code: STS has no code of its own for it.
func (e *Error) wrongCode() bool {
	return e.Code == "AccessDenied" && strings.Contains(e.Message, "invalid MFA one time pass code")
}

const clockHint = "this machine's clock is wrong: compare `date -u` with the time in UTC"

// Hint says what is the most likely cause and what to type.
func (e *Error) Hint() string {
	p, message := e.profile, strings.ToLower(e.Message)
	if hint := e.proofHint(); hint != "" {
		return hint
	}
	if hint := cmp.Or(e.gitCredentialHint(), e.accessKeyHint(), e.registryHint(), e.consoleHint(), e.outboundHint()); hint != "" {
		return hint
	}
	if hint := e.certificateHint(); hint != "" {
		return hint
	}
	switch {
	case e.wrongCode():
		return "AWS takes each code once: wait for the next one, and compare the device with " + p.MFASerial
	case e.Code == "InvalidClientTokenId":
		return "the access key is unknown to AWS, or inactive: make a new one in IAM and run `credmint add " + keyProfile(p) + "`"
	case e.Code == "SignatureDoesNotMatch" && (strings.Contains(message, "expired") || strings.Contains(message, "not yet current")),
		e.Code == "RequestTimeTooSkewed", e.Code == "RequestExpired":
		return clockHint
	case e.Code == "SignatureDoesNotMatch":
		return "the secret does not belong to the key's id: run `credmint add " + keyProfile(p) + "` again"
	case e.Code == "ExpiredToken", e.Code == "ExpiredTokenException":
		return "run `credmint forget " + p.Name + "` and try again"
	case e.Code == "RegionDisabledException":
		return "switch region " + p.Client.Region + " on for the account, or set another `region` in the profile"
	case e.Code == "ValidationError" && strings.Contains(message, "durationseconds"):
		return "lower `duration_seconds` in the profile, or raise the role's maximum session duration"
	case p.Kind == helper.SSORole && (e.Code == "ForbiddenException" || e.Code == "ResourceNotFoundException"):
		return "whoever signed in has no such role: compare `sso_account_id` and `sso_role_name` with the access portal"
	case p.Kind == helper.SSORole && e.Code == "UnauthorizedException" && !mayUseAccounts(p):
		return "add sso:account:access to `sso_registration_scopes` of [sso-session " + p.Source.Name + "], and sign in again"
	case p.Kind == helper.SSORole && e.Code == "UnauthorizedException", p.Kind == helper.SSOSignIn && e.Code == "InvalidRequestException":
		return "run `credmint login --force " + p.Name + "`"
	case e.Code == "INSUFFICIENT_PERMISSIONS":
		return "attach AWS's managed policy SignInLocalDevelopmentAccess to the identity: it allows signin:CreateOAuth2Token"
	case e.Code == "AUTHCODE_EXPIRED":
		return "run `credmint login " + p.Name + "` again; the code from the page lasts for a few minutes"
	case e.Code == "AccessDenied" && p.Kind == helper.Role:
		return roleHint(p)
	case e.Code == "AccessDenied" && p.Kind == helper.UserKey && p.MFASerial == "":
		return "if the user must use MFA, set `credmint_mfa_serial` in [profile " + p.Name + "]"
	}
	return ""
}

// roleHint lists what AWS does not tell: which of a trust policy's conditions failed.
func roleHint(p *helper.Profile) string {
	checks := []string{"the role's trust policy must name the caller"}
	if !behindMFA(p) {
		checks = append(checks, "if it asks for MFA, set `credmint_mfa_serial`")
	}
	if p.ExternalID == "" {
		checks = append(checks, "if it asks for an external id, set `credmint_external_id`")
	} else {
		checks = append(checks, "the external id must match")
	}
	return strings.Join(checks, "; ")
}

// mayUseAccounts reports whether a sign-in's token is asked for with the scope that accounts and roles need.
func mayUseAccounts(p *helper.Profile) bool {
	in, ok := p.Source.Inputs.(*helper.SSOSession)
	return !ok || len(in.Scopes) == 0 || slices.Contains(in.Scopes, "sso:account:access")
}

func behindMFA(p *helper.Profile) bool {
	for _, link := range p.Links() {
		if link.MFASerial != "" {
			return true
		}
	}
	return false
}

// keyProfile names the profile whose key a chain starts from.
func keyProfile(p *helper.Profile) string {
	links := p.Links()
	return links[len(links)-1].Name
}

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
		return fmt.Errorf("profile %q: %s: %w", p.Name, operation, err)
	case errors.As(err, &decode) && (!errors.As(err, &resp) || resp.HTTPStatusCode() < 500), errors.Is(err, errTooLong):
		return fmt.Errorf("profile %q: %s: what answered does not speak like AWS (check endpoint_url and proxies)%s",
			p.Name, operation, status(err))
	case errors.As(err, &refused) && refused.ErrorCode() != unknownCode:
		e := &Error{
			Profile: p.Name, Operation: operation, profile: p,
			Code: refused.ErrorCode(), Message: strings.TrimSpace(cmp.Or(refused.ErrorMessage(), oauthMessage(err))),
		}
		var id interface{ ServiceRequestID() string }
		if errors.As(err, &id) {
			e.RequestID = id.ServiceRequestID()
		}
		return e
	case errors.As(err, &request):
		return fmt.Errorf("profile %q: %s: %w", p.Name, operation, request)
	case errors.As(err, &resp):
		return fmt.Errorf("profile %q: %s: AWS answered with HTTP status %d", p.Name, operation, resp.HTTPStatusCode())
	}
	return fmt.Errorf("profile %q: %s: %w", p.Name, operation, err)
}

func status(err error) string {
	var resp *smithyhttp.ResponseError
	if errors.As(err, &resp) && resp.HTTPStatusCode() != 0 {
		return fmt.Sprintf("; HTTP status %d", resp.HTTPStatusCode())
	}
	return ""
}
