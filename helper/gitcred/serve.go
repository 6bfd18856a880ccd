package gitcred

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Helper answers git. Its methods are called only with a Credential that names a host.
type Helper interface {
	// Get answers with what the request asks for, or with the zero Credential where it has nothing to say, which lets
	// git ask the next helper and then the user. An error that is (or wraps) a Quit lets it do neither.
	Get(ctx context.Context, request Credential) (Credential, error)
	// Store keeps a login that a server has accepted, if this helper keeps such logins.
	Store(ctx context.Context, login Credential) error
	// Erase forgets logins that match what is named, because a server has refused them.
	Erase(ctx context.Context, login Credential) error
}

// Quit is an error of Get after which nobody else is to be asked: an answer from elsewhere would be wrong.
type Quit struct{ Err error }

func (q Quit) Error() string { return q.Err.Error() }

// Unwrap returns the cause.
func (q Quit) Unwrap() error { return q.Err }

// Serve does one action of the helper protocol: it reads the request from in, asks the helper, and writes the answer to
// out in one call. On an error out stays empty, except for "quit=1" where the helper says so. Requests that name no
// host, which is what is left of one when git dies while writing it, and actions it does not know (gitcredentials:
// "helpers should ignore") get silence and no error.
func Serve(ctx context.Context, action string, in io.Reader, out io.Writer, helper Helper) error {
	switch action {
	case "capability":
		// Not "state": no helper of ours needs a second round, and git would show ours to every other helper.
		_, err := io.WriteString(out, "version 0\ncapability authtype\n")
		return err
	case "get", "store", "erase":
	default:
		return nil
	}
	request, err := Read(in)
	if err != nil {
		return fmt.Errorf("read git's request: %w", err)
	}
	if !request.NamesHost() {
		return nil
	}
	switch action {
	case "store":
		return helper.Store(ctx, request)
	case "erase":
		return helper.Erase(ctx, request)
	}
	return get(ctx, request, out, helper)
}

func get(ctx context.Context, request Credential, out io.Writer, helper Helper) error {
	answer, err := helper.Get(ctx, request)
	if quit, ok := errors.AsType[Quit](err); ok {
		if _, failed := io.WriteString(out, "quit=1\n"); failed != nil {
			return errors.Join(quit, failed)
		}
	}
	if err != nil || !answer.hasSecret() {
		return err
	}
	return Write(out, answer)
}

// hasSecret tells an answer from half of one: a user name alone would change what git asks other helpers and the user.
func (c Credential) hasSecret() bool {
	return c.Password.IsSet() || c.Credential.IsSet() || c.OAuthRefreshToken.IsSet()
}
