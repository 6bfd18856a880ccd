package signin

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"credmint/helper/loopback"
)

// maxForm bounds a form: SAML responses with many groups have hundreds of KiB.
const maxForm = 1 << 20

// server serves one browser. Nothing else has business here.
func (c *Callback) server() *http.Server {
	return loopback.Server(http.HandlerFunc(c.serve), loopback.Limits{
		Header:     16 << 10, // a code is a few KiB at most
		HeaderTime: 5 * time.Second, RequestTime: 10 * time.Second, Conns: 32,
	})
}

// serve answers the redirect's own path under its own name, and nothing else: a name that an attacker's DNS points
// here is another name.
func (c *Callback) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Host != c.redirect.Host || r.URL.Host != "":
		refuse(w, http.StatusMisdirectedRequest)
	case r.URL.EscapedPath() != c.path:
		refuse(w, http.StatusNotFound)
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, POST")
		refuse(w, http.StatusMethodNotAllowed)
	default:
		c.take(w, r)
	}
}

// take hands an answer to Wait, even of a client that closed its side since, and shows what it thinks of it. A SAML form
// comes from the identity provider's site, so where a request comes from says nothing.
func (c *Callback) take(w http.ResponseWriter, r *http.Request) {
	fields, status := fields(w, r)
	if status != http.StatusOK {
		refuse(w, status)
		return
	}
	a := &answer{fields: fields, verdict: make(chan error, 1), shown: make(chan struct{})}
	defer close(a.shown)
	select {
	case c.answers <- a:
		verdict := <-a.verdict
		if verdict == nil && c.onward != "" {
			sendOn(w, c.onward)
			return
		}
		show(w, verdict)
	case <-c.over:
		refuse(w, http.StatusGone)
	}
}

// fields reads what the browser brought, from the one place where its method has it.
func fields(w http.ResponseWriter, r *http.Request) (url.Values, int) {
	text := r.URL.RawQuery
	if r.Method == http.MethodPost {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
			return nil, http.StatusUnsupportedMediaType
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			return nil, http.StatusRequestEntityTooLarge
		}
		if err != nil {
			return nil, http.StatusBadRequest
		}
		text = string(body)
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, http.StatusBadRequest
	}
	return values, http.StatusOK
}

// refuse answers what is not a browser with an answer. It repeats nothing of the request.
func refuse(w http.ResponseWriter, status int) {
	harden(w.Header())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, http.StatusText(status))
}
