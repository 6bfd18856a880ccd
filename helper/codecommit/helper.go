package codecommit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"credmint/helper"
	"credmint/helper/gitcred"
)

// signedLife is how long a signed password is announced to be good for. AWS takes it for 15 minutes; one of them is left
// for clocks that differ and for the request to arrive.
const signedLife = 14 * time.Minute

// Logins is the store of logins that are not signed.
type Logins interface {
	gitcred.Helper
	// Only answers as Get does, but only if a single login matches.
	Only(ctx context.Context, request gitcred.Credential) (gitcred.Credential, error)
}

// ErrNoProfile is what Signers.Session returns, wrapped or not, where the choice is the profile "default" for want of
// another, and there is none.
var ErrNoProfile = errors.New("no AWS profile is configured")

// Signers are those whose sessions may sign.
type Signers interface {
	// Has reports whether there is a profile of that name.
	Has(name string) (bool, error)
	// Choose says whose session signs.
	Choose(t Target) (Choice, error)
	// Session returns the session of whom was chosen. It is asked only when a password is to be signed.
	Session(ctx context.Context, c Choice) (helper.Session, error)
}

// Helper answers git for every host. For a CodeCommit one:
//
//   - a request without user name, or with the access key id of an earlier answer (git keeps it when the password has
//     expired), gets a freshly signed password;
//   - so does one whose user name is a profile's, or means the account of one;
//   - a request for any other user name, and first of all one that means an account, is for a login of that name, such
//     as a CodeCommit HTTPS Git credential. The store answers it or nobody does: signing would act as somebody else than
//     the one asked for;
//   - where no profile is configured and the store has a single login, that is the answer;
//   - where signing fails otherwise the answer is a Quit, lest git ask for a user name that does not exist.
//
// The store sees CodeCommit requests without a path: static logins are an IAM user's, good for every repository. Signed
// passwords never reach it. What is no CodeCommit host, http and other ports included, is the store's alone.
type Helper struct {
	Signers Signers
	Saved   Logins
	Now     func() time.Time
}

// Get answers with a signed password, or with what the store has.
func (h Helper) Get(ctx context.Context, request gitcred.Credential) (gitcred.Credential, error) {
	host, ok := ParseHost(request.Protocol.Text(), request.Host.Text())
	if !ok {
		return h.Saved.Get(ctx, request)
	}
	user := userOf(request.Username)
	if login, err := h.login(ctx, static(request, host), user); err != nil || isWhole(login) {
		return login, err
	}
	fail := func(err error) (gitcred.Credential, error) {
		return gitcred.Credential{}, gitcred.Quit{Err: fmt.Errorf("sign for %s: %w", host.Name, err)}
	}
	choice, err := h.Signers.Choose(Target{Region: host.Region, Repository: RepositoryOf(request.Path.Text()), User: user})
	switch {
	case err != nil:
		return fail(err)
	case choice.Nobody():
		return gitcred.Credential{}, nil
	case request.Path.Text() == "":
		return fail(errors.New("git does not say which repository: credential.useHttpPath is not set for this host; " +
			"run `credmint setup git`"))
	}
	session, err := h.Signers.Session(ctx, choice)
	if errors.Is(err, ErrNoProfile) {
		return h.onlyLogin(ctx, static(request, host), err)
	}
	if err != nil {
		return fail(err)
	}
	answer, err := h.sign(session, host, request)
	if err != nil {
		return fail(err)
	}
	return answer, nil
}

// login is what is stored for the URL's user name. A profile's name is nobody's login: IAM makes up no such user names,
// and it would cost a question to the keychain.
func (h Helper) login(ctx context.Context, request gitcred.Credential, user string) (gitcred.Credential, error) {
	if user == "" {
		return gitcred.Credential{}, nil
	}
	if known, err := h.Signers.Has(user); err == nil && known {
		return gitcred.Credential{}, nil
	}
	return h.Saved.Get(ctx, request) // also where the config cannot be read: it has no part in this
}

func isWhole(c gitcred.Credential) bool { return c.Password.IsSet() || c.Credential.IsSet() }

// userOf is the user name that the URL or git's config has. An empty one is none: CodeCommit knows no such user.
func userOf(username gitcred.Value) string {
	if isSigner(username) {
		return ""
	}
	return username.Text()
}

// sign makes the answer. To a git that knows the word it is ephemeral, which keeps it out of every other helper's store;
// its expiry does that for most of the others.
func (h Helper) sign(s helper.Session, host Host, request gitcred.Credential) (gitcred.Credential, error) {
	now := h.Now()
	if !s.ValidAt(now) {
		return gitcred.Credential{}, fmt.Errorf("the session expired at %s", s.Expires.UTC().Format(time.RFC3339))
	}
	username, password, err := Sign(s, host, request.Path.Text(), s.Signed(now))
	if err != nil {
		return gitcred.Credential{}, err
	}
	expires := now.Add(signedLife)
	if !s.Expires.IsZero() && s.Expires.Before(expires) {
		expires = s.Expires
	}
	answer := gitcred.Credential{
		Username: gitcred.Some(username), Password: gitcred.Some(password), PasswordExpiry: expires,
	}
	if request.Can("authtype") {
		answer.Capabilities, answer.Ephemeral = []string{"authtype"}, true
	}
	return answer, nil
}

// onlyLogin answers with the host's stored login where there is no choice of them.
func (h Helper) onlyLogin(ctx context.Context, request gitcred.Credential, cause error) (gitcred.Credential, error) {
	request.Username = gitcred.Value{} // the access key id of an earlier answer, if any
	answer, err := h.Saved.Only(ctx, request)
	if err == nil && isWhole(answer) {
		return answer, nil
	}
	if err == nil {
		err = fmt.Errorf("%w, and there is not one stored login to use instead; to use a CodeCommit HTTPS Git credential "+
			"put its user name into the URL: https://USER@%s/…", cause, request.Host.Text())
	}
	return gitcred.Credential{}, gitcred.Quit{Err: fmt.Errorf("sign for %s: %w", request.Host.Text(), err)}
}

// Store passes on what is not a signed password, which would be stale when it is next asked for.
func (h Helper) Store(ctx context.Context, login gitcred.Credential) error {
	if IsSigned(login.Password) {
		return nil
	}
	return h.Saved.Store(ctx, Static(login))
}

// Erase passes on what is not a signed password, which nobody has kept.
func (h Helper) Erase(ctx context.Context, login gitcred.Credential) error {
	if IsSigned(login.Password) {
		return nil
	}
	return h.Saved.Erase(ctx, Static(login))
}

// Static is a login as the store is to see it. One of CodeCommit is good for all repositories, and for the host with its
// port or not; any other stays as it is.
func Static(c gitcred.Credential) gitcred.Credential {
	if host, ok := ParseHost(c.Protocol.Text(), c.Host.Text()); ok {
		return static(c, host)
	}
	return c
}

func static(c gitcred.Credential, host Host) gitcred.Credential {
	c.Path, c.Host = gitcred.Value{}, gitcred.Some(host.Name)
	return c
}
