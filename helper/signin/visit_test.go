package signin_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"credmint/helper/signin"
)

func TestVisit(t *testing.T) {
	const url = "https://device.example/?user_code=ABCD-EFGH"
	opened := ""
	opens := func(_ context.Context, address string) error { opened = address; return nil }
	fails := func(context.Context, string) error { return errors.New("exit \x1b[31m3") }
	for name, tt := range map[string]struct {
		open   func(context.Context, string) error
		page   signin.Page
		opened string
		want   string
	}{
		"opens": {
			opens,
			signin.Page{Why: "sign in", URL: url},
			url, "credmint: sign in: your browser opens; if it does not, this is the address\n    " + url + "\n",
		},
		"none": {
			nil,
			signin.Page{Why: "sign in", URL: url, Code: "ABCD-EFGH"},
			"", "credmint: sign in: open this address in a browser\n    " + url + "\n    the code to type or compare there: ABCD-EFGH\n",
		},
		"fails": {
			fails,
			signin.Page{Why: "sign in", URL: url},
			"", "credmint: sign in: your browser opens; if it does not, this is the address\n    " + url + "\ncredmint: warning: no browser was opened: exit \\u001b[31m3\n",
		},
		"hostile": {
			opens,
			signin.Page{Why: "a\x1b]0;t\x07\ncredmint: b", URL: "https://a/\x1b[2J\u202e\nx", Code: "\r\nA\x9b"},
			"", "credmint: a\\u001b]0;t\\u0007\\u000acredmint: b: open this address in a browser\n    https://a/\\u001b[2J\\u202e\\u000ax\n" +
				"    the code to type or compare there: \\u000d\\u000aA\\ufffd\n" +
				"credmint: warning: no browser was opened: the address has characters that an address cannot have\n",
		},
		"no web page": {
			opens,
			signin.Page{Why: "sign in", URL: "file:///etc/passwd"},
			"", "credmint: sign in: open this address in a browser\n    file:///etc/passwd\ncredmint: warning: no browser was opened: the address is not one of a web page\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			opened = ""
			var out strings.Builder
			p := signin.Person{Out: &out, Open: tt.open}
			p.Visit(t.Context(), tt.page)
			if opened != tt.opened || out.String() != tt.want {
				t.Errorf("it opens %q and says\n%q, want\n%q", opened, out.String(), tt.want)
			}
		})
	}
}

// A person who has gone away in the meantime is told nothing.
func TestVisitEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out strings.Builder
	p := signin.Person{Out: &out, Open: func(context.Context, string) error { cancel(); return ctx.Err() }}
	p.Visit(ctx, signin.Page{Why: "sign in", URL: "https://a/"})
	if strings.Contains(out.String(), "warning") {
		t.Errorf("it says %q", out.String())
	}
}
