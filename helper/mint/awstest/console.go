package awstest

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Console is the console's sign-in as tools use it (`aws login`), and the one browser before it, in which somebody is
// signed in. Codes and refresh tokens work once; whoever shows one a second time ends the whole sign-in, as RFC 9700 has
// it. AWS does not say that it does so, but a client must not rely on the contrary.
// See https://docs.aws.amazon.com/signin/latest/APIReference/API_dataplane-signin_CreateOAuth2Token.html, and for what is
// not documented there the AWS CLI's source (awscli/customizations/login).
type Console struct {
	aws    *AWS
	who    string // ARN; who is signed in
	answer Answer
	life   time.Duration // of new sign-ins
	nonce  string        // that proofs must have; empty: none
	denied bool          // the identities may not sign in for tools

	codes   map[string]*consoleCode
	refresh map[string]*consoleRefresh // the spent ones too
	proofs  map[string]bool            // the identifiers of those that were seen
}

// consoleCode is an authorization code.
type consoleCode struct {
	who, client, redirect, challenge string
	expires                          time.Time
	signIn                           *consoleSignIn // once it was used
}

// consoleSignIn is one sign-in; all of its tokens end with it.
type consoleSignIn struct {
	who, client string
	thumbprint  string // of the key that its refresh tokens are bound to
	expires     time.Time
	over        string // the error of its tokens; empty while they work
}

type consoleRefresh struct {
	signIn *consoleSignIn
	spent  bool
}

// What AWS's sign-ins last, by its documents: twelve hours at most. How long a code does they do not say.
const (
	consoleLife     = 12 * time.Hour
	consoleCodeLife = 10 * time.Minute
	consoleSession  = 15 * time.Minute
)

// AddConsole makes the sign-in, where the identity with that ARN is signed in and approves what is asked.
func (a *AWS) AddConsole(arn string) *Console {
	c := &Console{
		aws: a, who: arn, answer: Approved, life: consoleLife,
		codes: map[string]*consoleCode{}, refresh: map[string]*consoleRefresh{}, proofs: map[string]bool{},
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.console = c
	return c
}

// SignInAs has another identity signed in in the browser: a user of this AWS, or the session of one of its roles.
func (c *Console) SignInAs(arn string) { c.set(func() { c.who = arn }) }

// SetAnswer says what the person does from now on.
func (c *Console) SetAnswer(answer Answer) { c.set(func() { c.answer = answer }) }

// SetSignInLife makes new sign-ins last so long, however often they are refreshed.
func (c *Console) SetSignInLife(life time.Duration) { c.set(func() { c.life = life }) }

// DemandNonce makes the service refuse proofs without its nonce from now on (RFC 9449 section 8).
func (c *Console) DemandNonce() { c.set(func() { c.nonce = secretText("") }) }

// Forbid takes the permission signin:CreateOAuth2Token away from everybody but root users, or gives it back.
func (c *Console) Forbid(forbidden bool) { c.set(func() { c.denied = forbidden }) }

// OnToken has f called for every token that was made, before the answer is sent.
func (c *Console) OnToken(f func(grantType string)) { c.aws.setHook("CreateOAuth2Token", f) }

// EndSignIns ends all sign-ins, as their time does.
func (c *Console) EndSignIns() { c.set(func() { c.end("", "TOKEN_EXPIRED") }) }

// ChangePassword ends the sign-ins of an identity.
func (c *Console) ChangePassword(arn string) {
	c.set(func() { c.end(arn, "USER_CREDENTIALS_CHANGED") })
}

func (c *Console) end(who, reason string) {
	for _, r := range c.refresh {
		if who == "" || r.signIn.who == who {
			r.signIn.over = reason
		}
	}
}

func (c *Console) set(change func()) {
	c.aws.mu.Lock()
	defer c.aws.mu.Unlock()
	change()
}

// consoleService finds what serves a request to the console's sign-in, if there is one and it is.
func (a *AWS) consoleService(r *http.Request) http.HandlerFunc {
	a.mu.Lock()
	c := a.console
	a.mu.Unlock()
	if c == nil {
		return nil
	}
	switch r.URL.Path {
	case "/v1/authorize":
		return a.visited("Authorize", c.authorizePage)
	case consoleConfirmation:
		return a.visited("Confirm", c.confirmationPage)
	case "/v1/token":
		return func(w http.ResponseWriter, r *http.Request) { a.serveJSON(w, r, c.createToken(w, r)) }
	}
	return nil
}

// grant is what a session of an identity may say of itself; ok is false where there is no such identity.
func (a *AWS) identityGrant(arn string) (g Grant, ok bool) {
	for _, k := range a.keys {
		if u := k.user; u.ARN == arn {
			return Grant{ARN: u.ARN, UserID: u.UserID, Principal: u.ARN}, true
		}
	}
	name := arn[strings.LastIndex(arn, "/")+1:]
	for _, r := range a.roles {
		if r.sessionARN(name) == arn {
			return Grant{ARN: arn, UserID: r.RoleID + ":" + name, Principal: r.ARN, Role: true}, true
		}
	}
	return Grant{}, false
}

// address is that of the service, as whoever asked called it.
func address(r *http.Request) *url.URL {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return &url.URL{Scheme: scheme, Host: r.Host}
}
