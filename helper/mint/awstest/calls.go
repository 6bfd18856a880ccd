package awstest

import (
	"net/http"
	"net/url"
	"time"
)

// Unanswered is the Error of a call that a Fault answered or that is still under way.
const Unanswered = "unanswered"

// Call is one request, in the order of arrival. It holds no secret: MFA codes, tokens and assertions are left
// out of Params.
type Call struct {
	Time        time.Time // AWS's
	Action      string
	AccessKeyID string // claimed
	Region      string // signed for
	Caller      string // ARN; empty where the request was refused before it was known
	Params      url.Values
	Error       string // AWS's code; empty where the call succeeded; Unanswered
	Host        string
	UserAgent   string
	RequestID   string // of the query protocol's services
}

// Calls counts the calls of an action that succeeded since the last Reset.
func (a *AWS) Calls(action string) int {
	n := 0
	for _, c := range a.Log() {
		if c.Action == action && c.Error == "" {
			n++
		}
	}
	return n
}

// Log returns all calls since the last Reset, those included that were refused or not answered.
func (a *AWS) Log() []Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	calls := make([]Call, len(a.calls))
	for i, c := range a.calls {
		calls[i] = *c
	}
	return calls
}

// Reset forgets the calls. Identities, sessions, used MFA codes and faults stay.
func (a *AWS) Reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = nil
}

// arrive notes a request before anything is done about it, so that one that a Fault never answers is in the log.
func (a *AWS) arrive(r *http.Request, params url.Values) *Call {
	signed, _, _ := claim(r)
	kept := url.Values(http.Header(params).Clone())
	for _, secret := range []string{"TokenCode", "WebIdentityToken", "SAMLAssertion", "Session", "SigninToken"} {
		kept.Del(secret)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c := &Call{
		Time: a.now(), Action: params.Get("Action"), AccessKeyID: signed.keyID, Region: signed.region,
		Params: kept, Error: Unanswered, Host: r.Host, UserAgent: r.UserAgent(),
	}
	a.calls = append(a.calls, c)
	return c
}

func (a *AWS) identify(c *Call, id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c.RequestID = id
}

// finish notes how a call ended.
func (a *AWS) finish(c *Call, who caller, failure *refusal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c.Caller, c.Error = who.arn, ""
	if failure != nil {
		c.Error = failure.code
	}
}

// visited notes that somebody came to a page, as a call of that name.
func (a *AWS) visited(name string, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		call := a.arrive(r, url.Values{"Action": {name}})
		serve(w, r)
		a.finish(call, caller{}, nil)
	}
}

// setHook has f called with the grant type of every token of an action that was made, before the answer is sent.
func (a *AWS) setHook(action string, f func(grantType string)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hooks[action] = f
}

func (a *AWS) hook(action string) func(grantType string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hooks[action]
}
