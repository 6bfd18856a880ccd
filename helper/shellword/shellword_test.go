package shellword_test

import (
	"os/exec"
	"testing"

	"credmint/helper/shellword"
)

func TestArgument(t *testing.T) {
	for word, want := range map[string]string{
		"prod": "prod", "team/a.b@c:d_e-f": "team/a.b@c:d_e-f", "my prod": "'my prod'", "a;b": "'a;b'", "it's": `'it'\''s'`,
		"$(id)": "'$(id)'", "": "''", "-x": "-- -x", "-a b": "-- '-a b'", "~": "'~'", "é": "'é'",
	} {
		if got := shellword.Argument(word); got != want {
			t.Errorf("Argument(%q) = %s, want %s", word, got, want)
		}
	}
}

// A shell passes on what was quoted.
func FuzzQuote(f *testing.F) {
	if _, err := exec.LookPath("sh"); err != nil {
		f.Skip(err)
	}
	for _, seed := range []string{"my prod", "a;b", "it's $(id) `id`", "a\nb", "*", "\\", "#", "~/x", "=ls", "{a,b}", "!!"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, word string) {
		for i := range len(word) {
			if word[i] == 0 {
				t.Skip("no argument holds it")
			}
		}
		out, err := exec.Command("sh", "-c", "printf %s. "+shellword.Quote(word)).Output()
		if err != nil || string(out) != word+"." {
			t.Errorf("%q became %q, %v", word, out, err)
		}
	})
}
