// Package mint makes sessions: every call to AWS happens here, and nothing else imports the AWS SDK. Each kind of
// profile has one Source in one file.
//
// A Source mints whenever it is asked. Remembering is helper.Reuse's work, and so is waiting for another process.
package mint

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"credmint/helper"
)

// ByKind asks the one Source that knows a profile's kind.
type ByKind map[helper.Kind]helper.Source

var _ helper.Source = ByKind(nil)

// Session mints with the source of the profile's kind.
func (m ByKind) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	source, ok := m[p.Kind]
	if !ok {
		return helper.Session{}, fmt.Errorf("profile %q: nothing here mints for kind %q", p.Name, p.Kind)
	}
	return source.Session(ctx, p)
}

// SignOut ends a sign-in at AWS and forgets what outlives its session, with the source of the link's kind. token is the
// session that is kept, or the zero Session. Where nobody is signed in the error is a *SignInNeeded.
func (m ByKind) SignOut(ctx context.Context, p *helper.Profile, token helper.Session) error {
	source, ok := m[p.Kind].(interface {
		SignOut(context.Context, *helper.Profile, helper.Session) error
	})
	if !ok {
		return fmt.Errorf("profile %q: there is nothing to sign out of", p.Name)
	}
	return source.SignOut(ctx, p, token)
}

// Keys fetches the long-lived access key of a profile, from where its KeyRef says.
type Keys func(ctx context.Context, p *helper.Profile) (helper.AccessKey, error)

// MFA asks for the code that the profile's device shows now. It is asked again while AWS refuses the code: try is 1 the
// first time.
type MFA func(ctx context.Context, p *helper.Profile, try int) (code string, err error)

// session checks what AWS returned before anybody relies on it.
func session(p *helper.Profile, c *types.Credentials, at moment) (helper.Session, error) {
	switch {
	case c == nil || empty(c.AccessKeyId) || empty(c.SecretAccessKey) || empty(c.SessionToken):
		return helper.Session{}, fmt.Errorf("profile %q: AWS answered without credentials", p.Name)
	case c.Expiration == nil:
		return helper.Session{}, fmt.Errorf("profile %q: AWS answered without an expiration", p.Name)
	case !at.here(*c.Expiration).After(at.now):
		return helper.Session{}, fmt.Errorf("profile %q: %w", p.Name, &ClockError{Ended: at.now.Sub(at.here(*c.Expiration))})
	}
	return helper.Session{
		AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken,
		Issued: at.now.UTC(), Expires: at.here(*c.Expiration), Ahead: at.off(),
	}, nil
}

func empty(s *string) bool { return s == nil || *s == "" }

// ClockError says that a session was over before it arrived, by this machine's clock.
type ClockError struct{ Ended time.Duration }

func (e *ClockError) Error() string {
	return fmt.Sprintf("AWS's new session ended %s ago by this machine's clock", e.Ended.Round(time.Second))
}

// Hint says what to type.
func (e *ClockError) Hint() string {
	return "set the clock: `date -u` should agree with the time in UTC"
}

// maxCodes is how often a person may mistype a code before the question stops.
const maxCodes = 3

// withCode calls mint with an MFA code if the profile has a device, and again with another while AWS refuses the code.
func withCode[T any](ctx context.Context, p *helper.Profile, ask MFA, mint func(code *string) (T, error)) (T, error) {
	if p.MFASerial == "" {
		return mint(nil)
	}
	var (
		answer  T
		err     error
		refused *Error
		last    string
	)
	for tries := 1; tries <= maxCodes; tries++ {
		code, e := ask(ctx, p, tries)
		if e != nil {
			return answer, fmt.Errorf("profile %q: %w", p.Name, e)
		}
		if tries > 1 && code == last { // AWS said what it thinks of that one
			return answer, err
		}
		last = code
		if answer, err = mint(&code); err == nil || !errors.As(err, &refused) || !refused.wrongCode() {
			return answer, err
		}
	}
	return answer, err
}
