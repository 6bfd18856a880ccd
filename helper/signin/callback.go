package signin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
)

// Callback is an address of this machine that takes the one answer a browser brings back from a sign-in page.
type Callback struct {
	listener net.Listener
	redirect url.URL
	path     string // as a browser asks for it
	onward   string // where a browser is sent whose answer was taken; empty: a page says so
	answers  chan *answer
	over     chan struct{} // closed when no answer is wanted any more
	end      func()        // closes over, once
}

// answer is what a browser brought, on its way to Wait and back to its page.
type answer struct {
	fields  url.Values
	verdict chan error    // of accept, one
	shown   chan struct{} // closed when the page is with the browser
}

// Listen opens http://127.0.0.1:PORT and path, on a port that the system chooses (RFC 8252 section 7.3).
func Listen(path string) (*Callback, error) { return ListenAt("http://127.0.0.1" + path) }

// ListenAt is for providers that were told the redirect beforehand: http://127.0.0.1:PORT/path, or localhost as its host.
// Without a port the system chooses one. It binds 127.0.0.1 alone, whatever localhost may be here.
func ListenAt(redirect string) (*Callback, error) {
	u, err := url.Parse(redirect)
	if err != nil {
		return nil, fmt.Errorf("redirect address: %w", err)
	}
	host, port := u.Hostname(), u.Port()
	plain := url.URL{Scheme: "http", Host: u.Host, Path: u.Path}
	if plain.String() != redirect || host != "127.0.0.1" && host != "localhost" {
		return nil, fmt.Errorf("redirect address %q is not http://127.0.0.1[:PORT]/PATH or http://localhost[:PORT]/PATH", redirect)
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:"+cmp.Or(port, "0"))
	if err != nil {
		return nil, fmt.Errorf("wait for the browser at %s: %w", redirect, err)
	}
	_, port, _ = net.SplitHostPort(listener.Addr().String())
	plain.Host = net.JoinHostPort(host, port)
	c := &Callback{listener: listener, redirect: plain, path: cmp.Or(plain.EscapedPath(), "/"), answers: make(chan *answer), over: make(chan struct{})}
	c.end = sync.OnceFunc(func() { close(c.over) })
	return c, nil
}

// URL is the redirect address, with its port.
func (c *Callback) URL() string { return c.redirect.String() }

// Wait serves until accept takes an answer, and returns its fields: those of the query for a GET, those of the form for a
// POST. accept checks that the answer belongs to this sign-in. What it refuses gets an error page and the wait goes on, so
// that a page elsewhere which guesses the port cannot end it; a *Final ends it. The browser has its page by the time that
// Wait returns. It is called once; the address is closed afterwards.
//
// Errors are a Final's Err, the context's cause, or that the address cannot be served.
func (c *Callback) Wait(ctx context.Context, accept func(url.Values) error) (url.Values, error) {
	server := c.server()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(c.listener) }()
	defer server.Close()
	defer c.end()
	var refusal error
	for {
		select {
		case <-ctx.Done():
			return nil, unanswered(context.Cause(ctx), refusal)
		case err := <-failed:
			return nil, fmt.Errorf("wait for the browser at %s: %w", c.URL(), err)
		case a := <-c.answers:
			verdict := accept(a.fields)
			a.verdict <- verdict
			var final *Final
			switch {
			case verdict == nil:
				<-a.shown
				return a.fields, nil
			case errors.As(verdict, &final):
				<-a.shown
				return nil, final.Err
			}
			refusal = verdict
		}
	}
}

// unanswered tells of a refused answer too: it may be the reason why no other came.
func unanswered(cause, refusal error) error {
	if refusal == nil {
		return fmt.Errorf("no answer came from the browser: %w", cause)
	}
	return fmt.Errorf("no answer came from the browser (one was refused: %w): %w", refusal, cause)
}

// Close gives the address up. It may be called at any time, and more than once.
func (c *Callback) Close() error {
	c.end()
	if err := c.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
