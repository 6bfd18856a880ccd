package awsconfig_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"credmint/helper/awsconfig"
)

// lines are command lines that people write, and some that they should not.
func lines() []string {
	return []string{
		``, ` `, `a`, `a b`, "a\tb", `  a  b  `, `/opt/x/cred --profile "my profile"`, `"/path with space/x" 'a b' c\ d`,
		`''`, `""`, `a''b`, `a "" b`, `'a"b'`, `"a'b"`, `"a\"b"`, `"a\\b"`, `"a\nb"`, `'a\'`, `a\'b`, `a\\b`, `\a`, `\ `, `a\`,
		`"a\`, `"a`, `'a`, `"`, `'`, `\`, `$HOME/x`, `~/x`, `a|b; c & d > e`, `a #b`, `é "ü ß" \ö`, `{"a": 1}`,
		`C:\Program Files\x.exe a`, `"C:\Program Files\x.exe" a`, `C:\x.exe "a\\" b`, `C:\x.exe "a\\\" b"`, `a\\\"b c`, `a\\"b c"`,
		"a\u00a0b", "a\vb", "a\rb",
	}
}

// python splits lines by the functions that AWS's CLI calls.
func python(t *testing.T, lines []string) (posix, windows [][]string) {
	t.Helper()
	const script = `
import json, sys
from botocore.compat import compat_shell_split
def split(line, platform):
    try:
        return compat_shell_split(line, platform)
    except ValueError:
        return None
lines = json.load(sys.stdin)
json.dump([[split(l, p) for l in lines] for p in ("linux", "win32")], sys.stdout)
`
	in, err := json.Marshal(lines)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-c", script)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.Is(err, exec.ErrNotFound) || errors.As(err, &exit) && bytes.Contains(exit.Stderr, []byte("ModuleNotFoundError")) {
		if os.Getenv("CI") == "true" {
			t.Fatal("python3-botocore is missing")
		}
		t.Skip("needs botocore (apt install python3-botocore)")
	}
	if err != nil {
		t.Fatal(err)
	}
	var all [2][][]string
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all[0], all[1]
}

// Command lines mean what they mean to AWS's CLI: the lines above, and two thousand made of what is special in them.
func TestWordsAsAWSCLISplitsThem(t *testing.T) {
	all := lines()
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var b strings.Builder
		for range random.IntN(16) {
			b.WriteString([]string{"a", "é", `\`, `\`, `"`, `"`, "'", " ", "\t", "$"}[random.IntN(10)])
		}
		all = append(all, b.String())
	}
	posix, windows := python(t, all)
	for _, way := range []struct {
		name  string
		split func(string) ([]string, error)
		want  [][]string
	}{{"posix", awsconfig.SplitPOSIX, posix}, {"windows", awsconfig.SplitWindows, windows}} {
		for i, line := range all {
			got, err := way.split(line)
			if want := way.want[i]; !slices.Equal(got, want) || (err == nil) != (want != nil) {
				t.Errorf("%s: %q is split into %q (%v), by AWS's CLI into %q", way.name, line, got, err, want)
			}
		}
	}
}

// FuzzWords quotes words and has them read back, whatever else the line holds.
func FuzzWords(f *testing.F) {
	for _, line := range lines() {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := awsconfig.SplitPOSIX(line)
		if err != nil {
			return
		}
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		if again, err := awsconfig.SplitPOSIX(strings.Join(quoted, " ")); err != nil || !slices.Equal(again, words) {
			t.Errorf("%q is %q, and that quoted is %q (%v)", line, words, again, err)
		}
		for i, w := range words {
			quoted[i] = quoteWindows(w)
		}
		if again, err := awsconfig.SplitWindows(strings.Join(quoted, " ")); err != nil || !slices.Equal(again, words) {
			t.Errorf("%q is %q, and that quoted for Windows is %q (%v)", line, words, again, err)
		}
	})
}

// quoteWindows doubles the backslashes that lead up to a double quote, and escapes the quote.
func quoteWindows(word string) string {
	var b strings.Builder
	slashes := 0
	for i := range len(word) {
		switch word[i] {
		case '\\':
			slashes++
			continue
		case '"':
			b.WriteString(strings.Repeat(`\`, 2*slashes) + `\"`)
		default:
			b.WriteString(strings.Repeat(`\`, slashes) + word[i:i+1])
		}
		slashes = 0
	}
	return `"` + b.String() + strings.Repeat(`\`, 2*slashes) + `"`
}
