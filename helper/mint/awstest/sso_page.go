package awstest

import (
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// authorizePage is where the browser goes for an authorization code: RFC 6749 section 4.1.1 with RFC 7636. What is wrong
// with the client or its address is told to the person and never sent to that address.
func (c *IdentityCenter) authorizePage(w http.ResponseWriter, r *http.Request) {
	c.aws.mu.Lock()
	defer c.aws.mu.Unlock()
	q := r.URL.Query()
	client, scopes := c.clients[q.Get("client_id")], strings.Fields(q.Get("scopes"))
	if client == nil || !slices.Contains(client.grants, codeGrant) || !client.redirectsTo(q.Get("redirect_uri")) {
		page(w, http.StatusBadRequest, "Invalid client or redirect URI.")
		return
	}
	known := onlyKnown(q, []string{"client_id", "redirect_uri", "response_type", "state", "scopes", "code_challenge", "code_challenge_method"})
	answer := url.Values{"state": {q.Get("state")}}
	switch {
	case r.Method != http.MethodGet || known != nil || q.Get("response_type") != "code" || q.Get("state") == "" ||
		q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(scopes) == 0 ||
		slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(client.scopes, s) }):
		answer.Set("error", "invalid_request")
	case c.answer == Ignored:
		page(w, http.StatusOK, "Somebody is asked to allow credmint to access their data.")
		return
	case c.answer == Refused:
		answer.Set("error", "access_denied")
	default:
		code := secretText("")
		c.codes[code] = &ssoCode{
			client: client, redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), scopes: scopes, expires: c.aws.now().Add(codeLife),
		}
		answer.Set("code", code)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+answer.Encode(), http.StatusFound)
}

// redirectsTo compares a redirect address with those that were registered: the port of a loopback address may differ
// (RFC 8252 section 7.3), and nothing else.
func (c *ssoClient) redirectsTo(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Port() == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return false
	}
	return slices.Contains(c.redirects, u.Scheme+"://"+u.Hostname()+u.Path)
}

// devicePage is where a person confirms the code of a device.
func (c *IdentityCenter) devicePage(w http.ResponseWriter, r *http.Request) {
	c.aws.mu.Lock()
	defer c.aws.mu.Unlock()
	for _, d := range c.devices {
		if d.userCode != r.URL.Query().Get("user_code") || !c.aws.now().Before(d.expires) {
			continue
		}
		if c.answer != Ignored {
			d.answer = c.answer
		}
		page(w, http.StatusOK, fmt.Sprintf("The request of code %s was %s.", d.userCode, c.answer))
		return
	}
	page(w, http.StatusBadRequest, "There is no such code.")
}

func page(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!doctype html><title>AWS access portal</title><p>%s</p>\n", html.EscapeString(text))
}

// userCode is of AWS's form: ABCD-EFGH.
func userCode() string { return rand.Text()[:4] + "-" + rand.Text()[:4] }
