// Package signin is how a person signs in with a browser: it shows an address and opens it, and takes the one answer that
// the browser brings back to this machine. Whose sign-in page it is, it does not know: IAM Identity Center, `aws login`,
// SAML and OAuth of git hosts all go through here.
//
// It refuses to listen on anything but the loopback address, to open anything but web addresses, and to let a page that
// guesses the port end a sign-in.
package signin

import (
	"context"
	"fmt"
	"io"
	"strings"

	"credmint/helper/prompt"
)

// Person is somebody at a screen.
type Person struct {
	Out  io.Writer                                              // where words for people go; never stdout
	Open func(ctx context.Context, address string) error        // opens a browser, as Browser.Open does; nil: there is none
	Ask  func(ctx context.Context, text string) (string, error) // for what a page shows to be typed here; nil: nobody to ask
	QR   bool                                                   // draw addresses that a telephone may read, where Draws says that Out can
}

// Page is where a person is sent. All of it may come from outside; it is made printable.
type Page struct {
	Why  string // "sign in to IAM Identity Center for profile dev": what it is for, without a full stop
	URL  string // https, or http
	Code string // the user code of a device sign-in, to type or compare there; may be empty
}

// Visit shows the address always, since whoever reads it may be at another screen than the browser that opens, with the
// code if there is one. Then it opens the browser if it can: one that does not open is a note, not an error.
func (p *Person) Visit(ctx context.Context, page Page) {
	web := checkAddress(page.URL)
	var b strings.Builder
	if p.QR && web == nil {
		b.WriteString(drawQR(page.URL))
	}
	how := "open this address in a browser"
	if p.Open != nil && web == nil {
		how = "your browser opens; if it does not, this is the address"
	}
	fmt.Fprintf(&b, "credmint: %s: %s\n    %s\n", line(page.Why), how, line(page.URL))
	if page.Code != "" {
		fmt.Fprintf(&b, "    the code to type or compare there: %s\n", line(page.Code))
	}
	_, _ = io.WriteString(p.Out, b.String())

	err := web
	if err == nil && p.Open != nil {
		err = p.Open(ctx, page.URL)
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(p.Out, "credmint: warning: no browser was opened: %s\n", line(err.Error()))
	}
}

// line makes text from outside printable, and keeps it from pretending to be more lines than one.
func line(s string) string {
	return strings.ReplaceAll(prompt.Printable(s), "\n", `\u000a`)
}
