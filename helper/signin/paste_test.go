package signin_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"testing"

	"credmint/helper/prompt"
	"credmint/helper/signin"
)

// pasting is a person who pastes these texts, one after the other.
func pasting(out *strings.Builder, texts ...string) *signin.Person {
	return &signin.Person{Out: out, Ask: func(context.Context, string) (string, error) {
		if len(texts) == 0 {
			return "", prompt.ErrDeclined
		}
		text := texts[0]
		texts = texts[1:]
		return text, nil
	}}
}

func encode(query string) string { return base64.StdEncoding.EncodeToString([]byte(query)) }

func TestPaste(t *testing.T) {
	const query = "state=right&code=c0de%2B"
	for name, texts := range map[string][]string{
		"query":           {query},
		"address":         {"http://127.0.0.1:4711/cb?" + query},
		"base64":          {encode(query)},
		"without its end": {strings.TrimRight(encode(query), "=")},
		"with spaces":     {"  " + encode(query)[:9] + "  " + encode(query)[9:] + "\n"},
		"half first":      {encode(query)[:12], "%zz", query},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			fields, err := pasting(&out, texts...).Paste(t.Context(), "Answer", signin.AuthorizationCode("right"))
			if err != nil || fields.Get("code") != "c0de+" {
				t.Errorf("Paste() = %v, %v", fields, err)
			}
			if got := strings.Count(out.String(), "credmint: this is not the answer"); got != len(texts)-1 {
				t.Errorf("it says %q", out.String())
			}
		})
	}
}

func TestPasteFails(t *testing.T) {
	accept := signin.AuthorizationCode("right")
	var out strings.Builder
	wrong := "state=wrong&code=c0de"
	if _, err := pasting(&out, wrong, wrong, wrong, "state=right&code=late").Paste(t.Context(), "Answer", accept); err == nil || !strings.Contains(err.Error(), "another sign-in") {
		t.Errorf("after three wrong answers: %v", err)
	}
	if strings.Contains(out.String(), "c0de") {
		t.Errorf("it repeats what was pasted: %q", out.String())
	}
	var denied *signin.Denied
	if _, err := pasting(&out, "state=right&error=access_denied").Paste(t.Context(), "Answer", accept); !errors.As(err, &denied) {
		t.Errorf("a refusal: %v", err)
	}
	if _, err := pasting(&out).Paste(t.Context(), "Answer", accept); !errors.Is(err, prompt.ErrDeclined) {
		t.Errorf("no answer: %v", err)
	}
	if _, err := (&signin.Person{Out: &out}).Paste(t.Context(), "Answer", accept); !errors.Is(err, prompt.ErrNobody) {
		t.Errorf("nobody: %v", err)
	}
}

// FuzzPaste copies fields in every way there is, and wants them back.
func FuzzPaste(f *testing.F) {
	f.Add("code", "c0de", "state", "a+b/c=%26;")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		want := url.Values{}
		want.Add(name1, value1)
		want.Add(name2, value2)
		for _, text := range []string{want.Encode(), "http://localhost/?" + want.Encode(), encode(want.Encode())} {
			var out strings.Builder
			got, err := pasting(&out, text).Paste(t.Context(), "Answer", func(url.Values) error { return nil })
			if err != nil || got.Encode() != want.Encode() {
				t.Errorf("Paste(%q) = %v, %v; want %v", text, got, err, want)
			}
		}
	})
}
