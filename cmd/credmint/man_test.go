//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// Every command has a page that says what --help says, and that mandoc and groff find nothing wrong with.
func TestManual(t *testing.T) {
	t.Parallel()
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "man1")
	if out, err := exec.Command(self, "man", dir).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v: %s", err, out)
	}
	parser, err := newApp().parser()
	if err != nil {
		t.Fatal(err)
	}
	var pages []string
	var check func(n *kong.Node)
	check = func(n *kong.Node) {
		file := filepath.Join(dir, strings.ReplaceAll(n.FullPath(), " ", "-")+".1")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		page := strings.NewReplacer(`\-`, "-", `\e`, `\`).Replace(string(text))
		if summary, _, _ := strings.Cut(n.Help, "\n"); !strings.Contains(page, summary) {
			t.Errorf("%s does not say %q", file, summary)
		}
		for _, flag := range n.Flags {
			if says := strings.Contains(page, "--"+flag.Name) || strings.Contains(page, "--[no-]"+flag.Name); says == flag.Hidden {
				t.Errorf("%s: --%s: %t", file, flag.Name, says)
			}
		}
		pages = append(pages, file)
		for _, child := range n.Children {
			if !child.Hidden {
				check(child)
			}
		}
	}
	check(parser.Model.Node)
	if all, _ := filepath.Glob(filepath.Join(dir, "*")); len(all) != len(pages) || len(all) < 20 {
		t.Errorf("%d pages for %d commands", len(all), len(pages))
	}
	needProgram(t, "mandoc", "mandoc")
	if out, err := exec.Command("mandoc", append([]string{"-T", "lint", "-W", "warning"}, pages...)...).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	needProgram(t, "groff", "groff-base")
	if out, err := exec.Command("groff", append([]string{"-man", "-ww", "-z", "-K", "utf8"}, pages...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}
