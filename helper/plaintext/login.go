package plaintext

import (
	"context"
	"io"

	"credmint/helper/codecommit"
	"credmint/helper/gitcred"
)

// Logins is where git's logins belong.
type Logins interface {
	Compare(ctx context.Context, login gitcred.Credential) (gitcred.Comparison, error)
	Store(ctx context.Context, login gitcred.Credential) error
}

// login is a Secret for git.
type login struct {
	found gitcred.Credential // as it lies in the open
	kept  gitcred.Credential // as it is to be kept
	place Logins
}

// foundLogin describes a login with user name and password, and says where it stays if it cannot be moved.
func foundLogin(c gitcred.Credential, place Logins) Found {
	f := Found{Name: name(c)}
	switch err := gitcred.Write(io.Discard, c); {
	case isSecret(c.Username, c.Password):
		c.Username = gitcred.Value{}
		f.Name, f.Stays = name(c), "its user name is the secret, and would be shown: write the token as a password, behind any user name"
	case err != nil:
		f.Stays = "git could not be given it: " + err.Error()
	case !c.NamesHost():
		f.Stays = "it names no host"
	case codecommit.IsSigned(c.Password):
		f.Stays = "it was signed for CodeCommit, and is worthless after 15 minutes"
	default:
		f.Secret = login{found: c, kept: codecommit.Static(c), place: place}
	}
	return f
}

// isSecret reports whether it is the user name that GitHub takes for a token: its older pages have people write
// https://TOKEN:x-oauth-basic@github.com. User names are shown, and are in the keychain's index.
func isSecret(user, password gitcred.Value) bool {
	return user.Text() != "" && password.Text() == "x-oauth-basic"
}

// name is the login in a sentence.
func name(c gitcred.Credential) string {
	text := c.Protocol.Text() + "://" + c.Host.Text()
	if c.Path.Text() != "" {
		text += "/" + c.Path.Text()
	}
	if c.Username.Text() != "" {
		text = c.Username.Text() + " at " + text
	}
	return text
}

func (l login) Place() string {
	return "git\x00" + l.kept.Protocol.Text() + "\x00" + l.kept.Host.Text() + "\x00" + l.kept.Path.Text() + "\x00" + l.kept.Username.Text()
}

func (l login) Kept(ctx context.Context) (kept, same bool, err error) {
	c, err := l.place.Compare(ctx, l.kept)
	return c != gitcred.Missing, c == gitcred.Same, err
}

func (l login) Keep(ctx context.Context) error { return l.place.Store(ctx, l.kept) }

func (l login) Equal(other Secret) bool {
	o, ok := other.(login)
	return ok && l.Place() == o.Place() && o.kept.Password.Text() == l.kept.Password.Text()
}

// holds reports whether the login is among those taken.
func holds(taken []Found, c gitcred.Credential) bool {
	for _, f := range taken {
		if l, ok := f.Secret.(login); ok && same(l.found, c) {
			return true
		}
	}
	return false
}

// same compares what a line in the open may hold.
func same(a, b gitcred.Credential) bool {
	equal := func(a, b gitcred.Value) bool { return a.IsSet() == b.IsSet() && a.Text() == b.Text() }
	return equal(a.Protocol, b.Protocol) && equal(a.Host, b.Host) && equal(a.Path, b.Path) &&
		equal(a.Username, b.Username) && equal(a.Password, b.Password)
}
