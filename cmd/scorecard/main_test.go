package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	c, err := parseCard(head+"| A1 | do | see | x TestOne/two, y TestTwo (plan9) |\n| B1 | do | see | x TestB, y TestTwo |\n", "m")
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string][][]string{
		"./...":                        {{"./..."}},
		"-v -timeout 30m ./x ./y":      {{"-timeout", "30m", "./x", "./y"}},
		"-letters=a":                   {{"-run", "^TestOne$/^two$", "m/x"}},
		"-letters ba --slow -count=1":  {{"-count=1", "-run", "^TestOne$/^two$|^TestB$", "m/x"}, {"-count=1", "-run", "^TestTwo$", "m/y"}},
		"-letters c":                   nil,
		"-letters":                     nil,
		"-slow -letters a -timeout=2s": {{"-timeout=2s", "-run", "^TestOne$/^two$", "m/x"}},
	} {
		o, err := parseOptions(strings.Fields(line))
		var runs [][]string
		if err == nil {
			runs, err = o.runs(c, ".")
		}
		if !reflect.DeepEqual(runs, want) || (err != nil) != (want == nil) {
			t.Errorf("%s: go test %q, %v, want %q", line, runs, err, want)
		}
		if o.slow != strings.Contains(line, "-slow") || o.verbose != strings.Contains(line, "-v") {
			t.Errorf("%s: slow %v, verbose %v", line, o.slow, o.verbose)
		}
	}
}

// TestGoTest tries a module's tests with go test itself.
func TestGoTest(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module m\n\ngo 1.26\n",
		".github/SCORECARD.md": head + "| A1 | do | see | p TestSome/one, p FuzzSeed |\n" +
			"| B1 | do | see | p TestSome/two |\n| B2 | do | see | p TestSlow |\n",
		"p/p_test.go": `package p

import ("os"; "testing")

func TestSome(t *testing.T) {
	t.Run("one", func(t *testing.T) { t.Run("a b", func(t *testing.T) {}) })
	t.Run("two", func(t *testing.T) { t.Error("two is wrong") })
}

func TestSlow(t *testing.T) {
	if os.Getenv("CREDMINT_SLOW") != "1" { t.Skip("not slow") }
}

func FuzzSeed(f *testing.F) { f.Add("x"); f.Fuzz(func(*testing.T, string) {}) }
`,
		"q/q_test.go": "package q\n\nimport \"testing\"\n\nfunc TestOther(t *testing.T) { t.Error(\"other is wrong\") }\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(dir, "p"))
	t.Setenv("CREDMINT_SLOW", "")
	t.Setenv("CI", "true")
	for line, want := range map[string][]string{
		"-letters A -vet=off ./...": {"ok  \tm/p", "2 passed, 0 failed, 0 skipped", ""},
		"-vet=off ./...":            {"two is wrong", "other is wrong", "skipped B2: m/p TestSlow", "2 passed, 1 failed, 1 skipped", "skipped: 1"},
		"-slow -letters B -vet=off": {"two is wrong", "1 passed, 1 failed, 0 skipped", "failed: 1"},
	} {
		var out strings.Builder
		err := run(strings.Fields(line), &out)
		for _, w := range want[:len(want)-1] {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s: it prints no %q: %s", line, w, &out)
			}
		}
		if w := want[len(want)-1]; (err == nil) != (w == "") || err != nil && !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %v, want %q", line, err, w)
		}
		if got := lastLine(out.String()); !strings.HasSuffix(got, " skipped") {
			t.Errorf("%s: the last line is %q", line, got)
		}
	}
}
