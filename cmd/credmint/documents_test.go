//go:build unix

package main

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const repository = "../.."

func mustReadFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// quoted are the words of a text between backquotes.
func quoted(text string) []string {
	var words []string
	for _, found := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(text, -1) {
		words = append(words, found[1])
	}
	return words
}

// isPath reports whether a word of a document is a file or a directory of the repository.
func isPath(word string) bool {
	return regexp.MustCompile(`^(cmd|helper|cache|keychain|\.github|\.ci)/[\w./-]+$`).MatchString(word)
}

// TestDocuments holds what documents say of the code to the code: paths are there, and functions are where a table has them.
func TestDocuments(t *testing.T) {
	for _, name := range []string{"README.md", ".github/ARCHITECTURE.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md"} {
		text := mustReadFile(t, name)
		for _, word := range quoted(text) {
			if !isPath(word) {
				continue
			}
			if _, err := os.Stat(filepath.Join(repository, word)); err != nil {
				t.Errorf("%s names %s: %v", name, word, err)
			}
		}
		for line := range strings.Lines(text) {
			if cells := strings.Split(line, "|"); strings.HasPrefix(line, "| `") && len(cells) > 3 && slices.ContainsFunc(quoted(cells[2]), isPath) {
				wantDeclared(t, name, quoted(cells[1]), quoted(cells[2]))
			}
		}
	}
}

// wantDeclared checks that each function of a row is in one of its files, and each file has one.
func wantDeclared(t *testing.T, document string, functions, files []string) {
	t.Helper()
	all := map[string]bool{}
	for _, file := range files {
		if !strings.HasSuffix(file, ".go") {
			t.Errorf("%s: %s is no source file", document, file)
			continue
		}
		here := declared(t, file)
		if !slices.ContainsFunc(functions, func(f string) bool { return here[f] }) {
			t.Errorf("%s: %s has none of %v", document, file, functions)
		}
		for f := range here {
			all[f] = true
		}
	}
	for _, f := range functions {
		if !all[f] {
			t.Errorf("%s: no %s in %v", document, f, files)
		}
	}
}

// declared are a file's functions: f, and T.f for a method.
func declared(t *testing.T, file string) map[string]bool {
	t.Helper()
	tree, err := parser.ParseFile(gotoken.NewFileSet(), filepath.Join(repository, file), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, d := range tree.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := f.Name.Name
		if f.Recv != nil {
			of := f.Recv.List[0].Type
			if star, ok := of.(*ast.StarExpr); ok {
				of = star.X
			}
			if ident, ok := of.(*ast.Ident); ok {
				name = ident.Name + "." + name
			}
		}
		names[name] = true
	}
	return names
}

// TestShape holds the list of packages to the packages. Those for tests may be left out.
func TestShape(t *testing.T) {
	_, rest, _ := strings.Cut(mustReadFile(t, ".github/CONTRIBUTING.md"), "## The shape\n")
	_, rest, _ = strings.Cut(rest, "\n```\n")
	list, _, found := strings.Cut(rest, "\n```\n")
	if !found {
		t.Fatal("there is no list of packages")
	}
	var listed []string
	for line := range strings.Lines(list) {
		if words := strings.Fields(line); len(words) > 0 {
			listed = append(listed, words[0])
		}
	}
	out, err := exec.Command("go", "list", "credmint/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []string
	for _, p := range strings.Fields(string(out)) {
		packages = append(packages, strings.TrimPrefix(p, "credmint/"))
	}
	for _, p := range packages {
		if !slices.Contains(listed, p) && !isTestKit(p) {
			t.Errorf("%s is not listed", p)
		}
	}
	for _, p := range listed {
		if !slices.Contains(packages, p) {
			t.Errorf("%s is listed, and no package", p)
		}
	}
}
