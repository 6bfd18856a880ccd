package gitcred_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"credmint/helper/gitcred"
)

// canned answers everything the same way, and notes what it was asked.
type canned struct {
	answer gitcred.Credential
	err    error
	asked  []string
}

func (c *canned) Get(context.Context, gitcred.Credential) (gitcred.Credential, error) {
	c.asked = append(c.asked, "get")
	return c.answer, c.err
}

func (c *canned) Store(context.Context, gitcred.Credential) error {
	c.asked = append(c.asked, "store")
	return c.err
}

func (c *canned) Erase(context.Context, gitcred.Credential) error {
	c.asked = append(c.asked, "erase")
	return c.err
}

func TestServe(t *testing.T) {
	errMint := errors.New("no session")
	login := gitcred.Credential{Username: gitcred.Some("u"), Password: gitcred.Some("p")}
	tests := []struct {
		name, action, in string
		helper           canned
		out              string
		err              error
		asked            string
	}{
		{"answer", "get", "protocol=https\nhost=h\n", canned{answer: login}, "username=u\npassword=p\n", nil, "get"},
		{"no answer", "get", "protocol=https\nhost=h\n", canned{}, "", nil, "get"},
		{"half an answer", "get", "protocol=https\nhost=h\n", canned{answer: gitcred.Credential{Username: gitcred.Some("u")}}, "", nil, "get"},
		{"unwritable answer", "get", "protocol=https\nhost=h\n", canned{answer: gitcred.Credential{Password: gitcred.Some("a\nb")}}, "", errAny, "get"},
		{"error", "get", "protocol=https\nhost=h\n", canned{answer: login, err: errMint}, "", errMint, "get"},
		{"quit", "get", "protocol=https\nhost=h\n", canned{answer: login, err: gitcred.Quit{Err: errMint}}, "quit=1\n", errMint, "get"},
		{"store", "store", "protocol=https\nhost=h\n", canned{answer: login}, "", nil, "store"},
		{"store fails", "store", "protocol=https\nhost=h\n", canned{err: gitcred.Quit{Err: errMint}}, "", errMint, "store"},
		{"erase", "erase", "protocol=https\nhost=h\n", canned{answer: login}, "", nil, "erase"},
		{"erase fails", "erase", "protocol=https\nhost=h\n", canned{err: errMint}, "", errMint, "erase"},
		{"cert", "get", "protocol=cert\nhost=\npath=k\n", canned{answer: login}, "username=u\npassword=p\n", nil, "get"},
		{"capability", "capability", "", canned{}, "version 0\ncapability authtype\n", nil, ""},
		{"unknown action", "list", "garbage", canned{}, "", nil, ""},
		{"no action", "", "garbage", canned{}, "", nil, ""},
		{"action in upper case", "GET", "protocol=https\nhost=h\n", canned{answer: login}, "", nil, ""},
		{"empty get", "get", "", canned{answer: login}, "", nil, ""},
		{"get without host", "get", "protocol=https\n", canned{answer: login}, "", nil, ""},
		{"get without protocol", "get", "host=h\n", canned{answer: login}, "", nil, ""},
		{"erase cut off before the host", "erase", "protocol=https\n", canned{}, "", nil, ""},
		{"erase with an empty protocol", "erase", "protocol=\nhost=h\n", canned{}, "", nil, ""},
		{"empty erase", "erase", "\n", canned{}, "", nil, ""},
		{"store without host", "store", "protocol=https\nusername=u\npassword=p\n", canned{}, "", nil, ""},
		{"malformed get", "get", "protocol=https\nhost=h\nx\n", canned{answer: login}, "", errAny, ""},
		{"malformed erase", "erase", "protocol=https\nhost=h\nx\n", canned{}, "", errAny, ""},
		{"half a line of erase", "erase", "protocol=https\nhost=exam", canned{}, "", errAny, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out counter
			err := gitcred.Serve(t.Context(), tt.action, strings.NewReader(tt.in), &out, &tt.helper)
			if out.String() != tt.out || out.calls > 1 {
				t.Errorf("printed %q in %d calls, want %q", out.String(), out.calls, tt.out)
			}
			if asked := strings.Join(tt.helper.asked, " "); asked != tt.asked {
				t.Errorf("the helper was asked %q, want %q", asked, tt.asked)
			}
			if !errors.Is(err, tt.err) && (tt.err != errAny || err == nil) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
		})
	}
}

// Actions that need no input must not wait for any.
func TestServeDoesNotReadInVain(t *testing.T) {
	for _, action := range []string{"capability", "list"} {
		if err := gitcred.Serve(t.Context(), action, forbidden{t}, io.Discard, &canned{}); err != nil {
			t.Errorf("%s: %v", action, err)
		}
	}
}

func TestServeReportsABrokenPipe(t *testing.T) {
	errMint := errors.New("no session")
	in := "protocol=https\nhost=h\n"
	for _, h := range []*canned{{answer: canary()}, {err: gitcred.Quit{Err: errMint}}} {
		err := gitcred.Serve(t.Context(), "get", strings.NewReader(in), full{}, h)
		if !errors.Is(err, errFull) || h.err != nil && !errors.Is(err, errMint) {
			t.Errorf("%v: Serve: %v", h.err, err)
		}
	}
}

var errAny = errors.New("any error")

type forbidden struct{ t *testing.T }

func (f forbidden) Read([]byte) (int, error) {
	f.t.Error("read from stdin")
	return 0, io.EOF
}
