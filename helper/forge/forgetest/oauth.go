package forgetest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// code is what the page gave to a browser.
type code struct {
	redirect, challenge string
	spent               *session
}

// authorize is the page, with a person who answers at once.
func (f *Forge) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	plain := url.URL{}
	if err == nil {
		plain = url.URL{Scheme: redirect.Scheme, Host: redirect.Hostname(), Path: redirect.Path}
	}
	if err != nil || plain.String() != f.Redirect || redirect.Port() == "" || q.Get("client_id") != f.ClientID {
		http.Error(w, "no such client, or another redirect address", http.StatusBadRequest)
		return
	}
	f.user = q.Get("login_hint")
	answer := url.Values{"state": {q.Get("state")}}
	switch {
	case q.Get("response_type") != "code", q.Get("state") == "", q.Get("scope") == "":
		answer.Set("error", "invalid_request")
	case q.Get("code_challenge_method") != "S256", len(q.Get("code_challenge")) != 43:
		answer.Set("error", "invalid_request")
	case f.answer == "refused":
		answer.Set("error", "access_denied")
	default:
		answer.Set("code", secret("code-"))
		f.codes[answer.Get("code")] = &code{redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge")}
	}
	redirect.RawQuery = answer.Encode()
	http.Redirect(w, r, redirect.String(), http.StatusFound)
}

// token is the token endpoint.
func (f *Forge) token(w http.ResponseWriter, r *http.Request) {
	if f.broken != 0 {
		w.Header().Set("Location", "https://"+Other+"/oauth/token")
		http.Error(w, "<html>broken", f.broken)
		return
	}
	if r.ParseForm() != nil || len(r.URL.RawQuery) != 0 || !f.isClient(r) {
		refuse(w, "invalid_client", "who are you")
		return
	}
	f.calls[r.PostForm.Get("grant_type")]++
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		f.byCode(w, r.PostForm)
	case "refresh_token":
		f.byRefresh(w, r.PostForm)
	case "urn:ietf:params:oauth:grant-type:device_code":
		f.byDevice(w, r.PostForm)
	default:
		refuse(w, "unsupported_grant_type", "")
	}
}

// isClient wants a secret where it belongs, and nowhere else.
func (f *Forge) isClient(r *http.Request) bool {
	id, secret, header := r.BasicAuth()
	form := r.PostForm
	switch {
	case f.Secret == "":
		return !header && form.Get("client_id") == f.ClientID && !form.Has("client_secret")
	case f.Header:
		return header && id == f.ClientID && secret == f.Secret && !form.Has("client_secret")
	}
	return !header && form.Get("client_id") == f.ClientID && form.Get("client_secret") == f.Secret
}

func (f *Forge) byCode(w http.ResponseWriter, form url.Values) {
	c := f.codes[form.Get("code")]
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case c == nil:
		refuse(w, "invalid_grant", "no such code")
	case c.spent != nil:
		c.spent.live = false
		refuse(w, "invalid_grant", "the code was used before")
	case form.Get("redirect_uri") != c.redirect:
		refuse(w, "invalid_grant", "another redirect address")
	case base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge:
		refuse(w, "invalid_grant", "another verifier")
	default:
		c.spent = &session{live: true}
		f.give(w, c.spent)
	}
}

// byRefresh ends a sign-in whose refresh token comes twice: one of the two is a thief's (RFC 9700 section 4.14.2).
func (f *Forge) byRefresh(w http.ResponseWriter, form url.Values) {
	s := f.sessions[form.Get("refresh_token")]
	switch {
	case s == nil || !s.live:
		refuse(w, "invalid_grant", "the sign-in has ended")
	case s.refresh != form.Get("refresh_token"):
		s.live = false
		refuse(w, "invalid_grant", "the refresh token was used before")
	default:
		f.give(w, s)
	}
}

// give makes the tokens of a sign-in.
func (f *Forge) give(w http.ResponseWriter, s *session) {
	access := secret("access-")
	f.tokens[access] = token{session: s, user: f.Username}
	body := map[string]any{"access_token": access, "token_type": "Bearer"}
	if f.life > 0 {
		s.refresh = secret("refresh-")
		f.sessions[s.refresh] = s
		f.tokens[access] = token{session: s, user: f.Username, expires: f.Now().Add(f.life)}
		body["expires_in"], body["refresh_token"] = int(f.life/time.Second), s.refresh
	}
	if f.lost {
		f.lost = false
		http.Error(w, "", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
