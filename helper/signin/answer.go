package signin

import (
	"errors"
	"fmt"
	"net/url"
)

// Final is an accept function's error for an answer that is ours and says no: it ends the wait, which returns Err. The
// page shows Err's text, escaped, so it belongs to answers whose state was checked.
type Final struct{ Err error }

func (f *Final) Error() string { return f.Err.Error() }
func (f *Final) Unwrap() error { return f.Err }

// Denied says that the person, or the provider, did not grant what was asked for.
type Denied struct {
	Code        string // OAuth's error code, such as access_denied (RFC 6749 section 4.1.2.1)
	Description string // the provider's words; may be empty
}

func (d *Denied) Error() string {
	if d.Description == "" {
		return fmt.Sprintf("the sign-in was refused: %s", d.Code)
	}
	return fmt.Sprintf("the sign-in was refused: %s (%s)", d.Code, d.Description)
}

// AuthorizationCode is the accept function of OAuth's redirect (RFC 6749 section 4.1.2). It wants our state once, and then
// one code or one error; the error ends the wait with a *Denied.
func AuthorizationCode(state string) func(url.Values) error {
	return func(fields url.Values) error {
		got, err := one(fields, "state")
		if err != nil {
			return err
		}
		if !SameState(got, state) {
			return errors.New("its state is of another sign-in")
		}
		if fields.Has("error") {
			code, err := one(fields, "error")
			if err != nil {
				return err
			}
			return &Final{&Denied{Code: clip(code), Description: clip(fields.Get("error_description"))}}
		}
		_, err = one(fields, "code")
		return err
	}
}

// one refuses a field that is missing, empty or there twice: which one is meant is not ours to guess.
func one(fields url.Values, name string) (string, error) {
	if values := fields[name]; len(values) != 1 || values[0] == "" {
		return "", fmt.Errorf("it has no single %s", name)
	}
	return fields.Get(name), nil
}

// clip bounds what a provider may say.
func clip(s string) string {
	const most = 300
	for i := range s {
		if i > most {
			return s[:i] + "…"
		}
	}
	return s
}
