package mint

import (
	"context"
	"fmt"
	"net/url"

	"credmint/helper"
	"credmint/helper/shellword"
)

// Person signs in with a browser. A source whose Person is nil must not open one: a browser opens when a person typed a
// command, or where the profile says credmint_auto_login, and never because some program asked.
type Person interface {
	// Visit shows the address of a page to sign in at, with a code to type there where the page asks for one, and opens it
	// in a browser where there is one. why says for whom.
	Visit(ctx context.Context, why, url, code string)

	// Ask has the person type something.
	Ask(ctx context.Context, text string) (string, error)

	// Paste has the person bring a page's answer from another machine. accept judges it as signin.Callback's does, and
	// what it refuses is asked for again a few times.
	Paste(ctx context.Context, text string, accept func(url.Values) error) (url.Values, error)

	// Remote reports whether the person's browser is on another machine, so that no page can answer to a loopback address
	// of this one.
	Remote() bool
}

// Secrets keeps what outlives sessions: client registrations, refresh tokens and the keys they are bound to. It is the
// keychain.
type Secrets interface {
	// Get returns a secret; an error that is fs.ErrNotExist says that there is none.
	Get(ctx context.Context, name string) ([]byte, error)

	// Update changes a secret while no other process does, and reads it back. change gets nil where there is none, and
	// returns what is to be kept; nil removes it. about is not secret, and may be listed.
	Update(ctx context.Context, name string, change func(old []byte) (value []byte, about map[string]string, err error)) error
}

// SignInNeeded says that only a person can go on, by signing in.
type SignInNeeded struct {
	Link *helper.Profile // the link of the chain that somebody must sign in for
	Why  string          // "nobody has signed in yet"
}

func (e *SignInNeeded) Error() string {
	return fmt.Sprintf("profile %q: a person must sign in: %s", e.Link.Name, e.Why)
}

// Hint says what to type.
func (e *SignInNeeded) Hint() string {
	return "run `credmint login " + shellword.Argument(e.Link.Name) + "`"
}
