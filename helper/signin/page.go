package signin

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strconv"

	"credmint/helper/prompt"
)

const style = `:root{color-scheme:light dark}` +
	`body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto 0;padding:0 1.5rem}` +
	`h1{font-size:1.5rem;margin:0 0 .5rem}p{margin:.5rem 0;overflow-wrap:anywhere}`

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>credmint: %[2]s</title>
<style>%[1]s</style>
<h1>%[2]s</h1>
<p>%[3]s</p>
<p>%[4]s</p>
</html>
`

// show writes the page for accept's verdict, and returns when all of it is on its way to the browser: closing the
// connection, or the end of the process, does not take it back.
func show(w http.ResponseWriter, verdict error) {
	var final *Final
	switch {
	case verdict == nil:
		write(w, http.StatusOK, "Signed in", "You may close this tab.", "credmint goes on in the terminal.")
	case errors.As(verdict, &final):
		write(w, http.StatusForbidden, "Not signed in", prompt.Printable(final.Error()), "You may close this tab. The terminal says what to do next.")
	default:
		// Any page can send a browser here with words of its own choosing, so nothing of it is shown.
		write(w, http.StatusBadRequest, "Not signed in", "This answer does not belong to the sign-in that credmint waits for.",
			"Finish the sign-in in the tab it was opened in, or start again in the terminal.")
	}
}

// sendOn has the browser ask for another address.
func sendOn(w http.ResponseWriter, address string) {
	harden(w.Header())
	w.Header().Set("Location", address)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusSeeOther)
	_ = http.NewResponseController(w).Flush()
}

func write(w http.ResponseWriter, status int, title, text, next string) {
	body := fmt.Sprintf(page, style, html.EscapeString(title), html.EscapeString(text), html.EscapeString(next))
	harden(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, body)
	_ = http.NewResponseController(w).Flush() // a browser that is gone needs no page
}

// harden keeps the answer, which stands in the page's address, out of caches and of the pages that come after, and lets
// the page load, run and frame nothing.
func harden(h http.Header) {
	sum := sha256.Sum256([]byte(style))
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}
