package main

import (
	"context"
	"net/url"
	"os"

	"credmint/helper/mint"
	"credmint/helper/prompt"
	"credmint/helper/signin"
)

// screen is a person who typed a command, and the browser that is theirs.
type screen struct {
	person signin.Person
	remote bool

	behind bool      // a program started this process, and no person waits for it
	page   *openPage // where others find the page of the sign-in that is under way; nil: nowhere
}

var _ mint.Person = (*screen)(nil)

// screen is the person before this process. elsewhere: they sign in on another device, whatever this one has.
func (a *app) screen(browser, elsewhere bool) *screen {
	remote := signin.Remote(a.getenv)
	s := &screen{remote: remote || elsewhere, person: signin.Person{Out: a.stderr, QR: a.drawsQR()}}
	if browser && !remote {
		s.person.Open = signin.Browser{Getenv: a.getenv}.Open
	}
	s.person.Ask = func(ctx context.Context, text string) (string, error) {
		return a.asker.Ask(ctx, prompt.Question{Text: text, Echo: true})
	}
	return s
}

func (s *screen) Visit(ctx context.Context, why, url, code string) {
	page := signin.Page{Why: why, URL: url, Code: code}
	if s.page != nil {
		_ = s.page.put(page) // it is a convenience
	}
	s.person.Visit(ctx, page)
}

// handOver sends a person to an address that nobody else is to see.
func (s *screen) handOver(ctx context.Context, why, url string) error {
	return s.person.HandOver(ctx, signin.Page{Why: why, URL: url})
}

// signInFor has others find the page of a link's sign-in until it is over.
func (s *screen) signInFor(page *openPage) (over func()) {
	s.page = page
	return func() {
		page.remove()
		s.page = nil
	}
}

func (s *screen) Ask(ctx context.Context, text string) (string, error) {
	return s.person.Ask(ctx, text)
}

func (s *screen) Paste(ctx context.Context, text string, accept func(url.Values) error) (url.Values, error) {
	return s.person.Paste(ctx, text, accept)
}

func (s *screen) Remote() bool { return s.remote }

// drawsQR reports whether what goes to stderr is seen on a terminal that can show a drawing.
func (a *app) drawsQR() bool {
	out, ok := a.stderr.(*os.File)
	return ok && signin.Draws(out, a.getenv)
}
