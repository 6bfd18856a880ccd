package awstest

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"
)

// IdentityCenter is an instance of IAM Identity Center: its portal, its sign-in service, the page on which people sign in,
// and the one person who sits before it. Refresh tokens and codes work once; whoever shows one a second time ends the whole
// sign-in, as RFC 9700 has it. AWS does not say that it does so, but a client must not rely on the contrary.
type IdentityCenter struct {
	StartURL string

	aws       *AWS
	person    *SSOUser // who sits before the sign-in page
	answer    Answer
	slowDowns int

	tokenLife, signInLife time.Duration

	clients map[string]*ssoClient  // by id
	codes   map[string]*ssoCode    // by authorization code
	devices map[string]*ssoDevice  // by device code
	tokens  map[string]*ssoToken   // access tokens
	refresh map[string]*ssoRefresh // refresh tokens, the spent ones too
}

// SSOUser is a person of an Identity Center.
type SSOUser struct {
	Name string

	center   *IdentityCenter
	accounts []*ssoAccount // in the order in which they were assigned
}

type ssoAccount struct {
	id, name string
	roles    []string
}

// Answer is what the person does on the sign-in page.
type Answer string

// The answers. Ignored means that the page is opened and nobody does anything.
const (
	Approved Answer = "approved"
	Refused  Answer = "refused"
	Ignored  Answer = "ignored"
)

// signIn is one sign-in of a user; all of its tokens end with it.
type ssoSession struct {
	user    *SSOUser
	scopes  []string
	expires time.Time
	over    bool
}

func (s *ssoSession) valid(now time.Time) bool { return !s.over && now.Before(s.expires) }

type ssoToken struct {
	session *ssoSession
	expires time.Time
}

type ssoRefresh struct {
	session *ssoSession
	client  string
	spent   bool
}

// AddIdentityCenter makes one with a person of that name, who approves what is asked. Its start URL is below the AWS's own
// URL, which must serve already.
func (a *AWS) AddIdentityCenter(person string) *IdentityCenter {
	c := &IdentityCenter{
		StartURL: a.server.URL + "/start", aws: a, answer: Approved, tokenLife: time.Hour, signInLife: 8 * time.Hour,
		clients: map[string]*ssoClient{}, codes: map[string]*ssoCode{}, devices: map[string]*ssoDevice{},
		tokens: map[string]*ssoToken{}, refresh: map[string]*ssoRefresh{},
	}
	c.person = &SSOUser{Name: person, center: c}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sso = c
	return c
}

// Person is who sits before the sign-in page.
func (c *IdentityCenter) Person() *SSOUser { return c.person }

// SetAnswer says what the person does from now on.
func (c *IdentityCenter) SetAnswer(answer Answer) { c.set(func() { c.answer = answer }) }

// SetTokenLife makes new access tokens last so long; an hour unless it is called.
func (c *IdentityCenter) SetTokenLife(life time.Duration) { c.set(func() { c.tokenLife = life }) }

// SetSignInLife makes new sign-ins last so long, however often they are refreshed; eight hours unless it is called.
func (c *IdentityCenter) SetSignInLife(life time.Duration) { c.set(func() { c.signInLife = life }) }

// SlowDown makes the next polls of devices be refused as too fast.
func (c *IdentityCenter) SlowDown(polls int) { c.set(func() { c.slowDowns = polls }) }

// OnToken has f called for every token that was made, before the answer is sent.
func (c *IdentityCenter) OnToken(f func(grantType string)) { c.aws.setHook("CreateToken", f) }

// ExpireTokens ends all access tokens now. Refresh tokens stay.
func (c *IdentityCenter) ExpireTokens() {
	c.set(func() {
		for _, t := range c.tokens {
			t.expires = c.aws.now()
		}
	})
}

// EndSignIns ends all sign-ins, as an administrator can.
func (c *IdentityCenter) EndSignIns() {
	c.set(func() {
		for _, t := range c.tokens {
			t.session.over = true
		}
	})
}

func (c *IdentityCenter) set(change func()) {
	c.aws.mu.Lock()
	defer c.aws.mu.Unlock()
	change()
}

// Assign gives the user roles in an account, which has that name.
func (u *SSOUser) Assign(account, name string, roles ...string) {
	u.center.set(func() { u.accounts = append(u.accounts, &ssoAccount{account, name, roles}) })
}

// Unassign takes all roles in an account away.
func (u *SSOUser) Unassign(account string) {
	u.center.set(func() {
		u.accounts = slices.DeleteFunc(u.accounts, func(a *ssoAccount) bool { return a.id == account })
	})
}

func (u *SSOUser) account(id string) *ssoAccount {
	for _, a := range u.accounts {
		if a.id == id {
			return a
		}
	}
	return nil
}

// ssoService finds what serves a request to the Identity Center, if there is one and it is.
func (a *AWS) ssoService(r *http.Request) http.HandlerFunc {
	a.mu.Lock()
	c := a.sso
	a.mu.Unlock()
	if c == nil {
		return nil
	}
	if op, ok := c.operation(r); ok {
		return func(w http.ResponseWriter, r *http.Request) { a.serveJSON(w, r, op) }
	}
	switch {
	case r.URL.Path == "/authorize":
		return a.visited("Authorize", c.authorizePage)
	case r.URL.Path == "/device":
		return a.visited("Device", c.devicePage)
	case r.URL.Path == "/start" || strings.HasPrefix(r.URL.Path, "/start/"):
		return func(w http.ResponseWriter, _ *http.Request) { page(w, http.StatusOK, "The access portal.") }
	}
	return nil
}

// operation is the table of what the two services do.
func (c *IdentityCenter) operation(r *http.Request) (jsonOperation, bool) {
	switch r.Method + " " + r.URL.Path {
	case "POST /client/register":
		return c.registerClient(), true
	case "POST /device_authorization":
		return c.startDeviceAuthorization(), true
	case "POST /token":
		return c.createToken(), true
	case "GET /federation/credentials":
		return c.getRoleCredentials(), true
	case "GET /assignment/accounts":
		return c.listAccounts(), true
	case "GET /assignment/roles":
		return c.listAccountRoles(), true
	case "POST /logout":
		return c.logout(), true
	}
	return jsonOperation{}, false
}

// secretText begins as AWS's tokens do.
func secretText(prefix string) string { return prefix + rand.Text() + rand.Text() + rand.Text() }
