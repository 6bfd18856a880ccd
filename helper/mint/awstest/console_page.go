package awstest

import (
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
)

// AWS's two clients for tools.
const (
	sameDevice  = "arn:aws:signin:::devtools/same-device"
	crossDevice = "arn:aws:signin:::devtools/cross-device"

	consoleConfirmation = "/v1/sessions/confirmation"
)

// sameDeviceRedirect is a loopback address with a port (RFC 8252 section 7.3), and challengeForm RFC 7636's S256.
const (
	sameDeviceRedirect = `^http://127\.0\.0\.1:[1-9][0-9]{0,4}/oauth/callback$`
	challengeForm      = `^[A-Za-z0-9_-]{43}$`
)

func hasForm(text, form string) bool {
	ok, err := regexp.MatchString(form, text)
	return ok && err == nil
}

// authorizePage is where the browser goes for an authorization code: RFC 6749 section 4.1.1 with RFC 7636, whose S256 AWS
// calls SHA-256. What is wrong with the client or its address is told to the person and never sent to that address.
func (c *Console) authorizePage(w http.ResponseWriter, r *http.Request) {
	c.aws.mu.Lock()
	defer c.aws.mu.Unlock()
	q, err := url.ParseQuery(r.URL.RawQuery)
	client, redirect := q.Get("client_id"), q.Get("redirect_uri")
	ours := client == sameDevice && hasForm(redirect, sameDeviceRedirect) ||
		client == crossDevice && redirect == address(r).JoinPath(consoleConfirmation).String()
	if err != nil || r.Method != http.MethodGet || !ours || !isAuthorization(q) {
		page(w, http.StatusBadRequest, "Something is wrong with this request.")
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	switch c.answer {
	case Ignored:
		page(w, http.StatusOK, "Somebody is asked which session to go on with.")
		return
	case Refused:
		answer.Set("error", "access_denied")
	default:
		code := secretText("")
		c.codes[code] = &consoleCode{
			who: c.who, client: client, redirect: redirect, challenge: q.Get("code_challenge"), expires: c.aws.now().Add(consoleCodeLife),
		}
		answer.Set("code", code)
	}
	http.Redirect(w, r, redirect+"?"+answer.Encode(), http.StatusFound)
}

// isAuthorization reports whether a request has what it must have, each once, and nothing else.
func isAuthorization(q url.Values) bool {
	for _, values := range q {
		if len(values) != 1 {
			return false
		}
	}
	return len(q) == 7 && q.Get("response_type") == "code" && q.Get("scope") == "openid" && len(q.Get("state")) >= 16 &&
		q.Get("code_challenge_method") == "SHA-256" && hasForm(q.Get("code_challenge"), challengeForm)
}

// confirmationPage shows a person what to take to the tool that waits for it.
func (c *Console) confirmationPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("code") == "" {
		page(w, http.StatusForbidden, "The request was refused.")
		return
	}
	shown := base64.StdEncoding.EncodeToString([]byte("state=" + url.QueryEscape(q.Get("state")) + "&code=" + url.QueryEscape(q.Get("code"))))
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<!doctype html><title>AWS sign-in</title><p>Authorization code: <code>%s</code>\n", html.EscapeString(shown))
}
