package completion

import (
	"strings"
	"testing"
)

// FuzzQuote reads back what is put in the place of what somebody typed of a word, however it is quoted.
func FuzzQuote(f *testing.F) {
	f.Add("my profile", 3, byte(0))
	f.Add(`it's $5 "\`, 5, byte('"'))
	f.Add("arn:aws:iam::111111111111:mfa/me", 8, byte('\''))
	f.Fuzz(func(t *testing.T, word string, typed int, open byte) {
		if strings.ContainsAny(word, "\n\t\x00") || typed < 0 || typed > len(word) {
			return
		}
		before := bashWord{}.quote(word[:typed])
		if open == '\'' || open == '"' {
			before = string(open) + bashWord{open: open}.quote(word[:typed])
		}
		args, last := splitBash("credmint explain " + before)
		if len(args) != 2 || args[1] != word[:typed] {
			t.Fatalf("%q is read as %q", before, args)
		}
		// What bash leaves as it is, and then what it is given.
		whole := bashWord{}.quote(last.stays) + last.quote(word)
		if last.open != 0 {
			whole = bashWord{}.quote(last.stays) + string(last.open) + last.quote(word) + string(last.open)
		}
		if args, _ := splitBash("credmint explain " + whole); args[1] != word {
			t.Errorf("%q, completed to %q, is read as %q", before, whole, args)
		}
	})
}
