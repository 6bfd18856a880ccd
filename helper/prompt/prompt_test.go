package prompt_test

import (
	"strings"
	"testing"
	"unicode"

	"credmint/helper/prompt"
)

func TestPrintable(t *testing.T) {
	tests := map[string]string{
		"plain ü 漢\n":           "plain ü 漢\n",
		"\x1b[31mred":           `\u001b[31mred`,
		"a\rb\x00\x7f\u0085":    `a\u000db\u0000\u007f\u0085`,
		"left\u202eright":       `left\u202eright`,
		"\xff":                  `\ufffd`,
		"zero\u200bwidth\u2066": `zero\u200bwidth\u2066`,
	}
	for in, want := range tests {
		if got := prompt.Printable(in); got != want {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("\x1b]0;title\x07")
	f.Fuzz(func(t *testing.T, s string) {
		out := prompt.Printable(s)
		if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }); i >= 0 {
			t.Errorf("Printable(%q) = %q keeps what drives a terminal", s, out)
		}
		if prompt.Printable(out) != out {
			t.Errorf("not stable: %q", out)
		}
	})
}
