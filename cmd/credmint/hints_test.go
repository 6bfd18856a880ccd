//go:build unix

package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestHintsAreQuoted: what stands between backticks and begins with a program's name is to be typed, so what is put in there goes
// through package shellword: names of profiles and hosts come from files and from URLs.
func TestHintsAreQuoted(t *testing.T) {
	set := gotoken.NewFileSet()
	seen := 0
	for pkg, dir := range ourPackages(t) {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				for _, word := range typedWords(n) {
					seen++
					if !isQuoted(word) {
						t.Errorf("%s: %s: a word of what is to be typed is not quoted: see helper/shellword", set.Position(word.Pos()), pkg)
					}
				}
				return true
			})
		}
	}
	if seen < 25 {
		t.Errorf("%d words are to be typed: not all were found", seen)
	}
}

// typedWords are the values that a call with a format, or a sum of texts, puts into what is to be typed.
func typedWords(n ast.Node) (words []ast.Expr) {
	switch n := n.(type) {
	case *ast.CallExpr:
		for i, arg := range n.Args {
			if format, ok := text(arg); ok {
				words = append(words, formattedWords(format, n.Args[i+1:])...)
			}
		}
	case *ast.BinaryExpr:
		if n.Op != gotoken.ADD {
			return nil
		}
		before := ""
		for _, part := range summands(n) {
			if s, ok := text(part); ok {
				before += s
			} else if isTyped(before) {
				words = append(words, part)
			}
		}
	}
	return words
}

// formattedWords are those arguments of a format that stand within a command.
func formattedWords(format string, args []ast.Expr) (words []ast.Expr) {
	next := 0
	for _, at := range regexp.MustCompile(`%(?:\[(\d+)\])?[-+# 0-9.*]*([a-zA-Z%])`).FindAllStringSubmatchIndex(format, -1) {
		verb := format[at[4]:at[5]]
		if verb == "%" {
			continue
		}
		if at[2] >= 0 {
			next, _ = strconv.Atoi(format[at[2]:at[3]]) // it is digits
			next--
		}
		if next < len(args) && strings.Contains("sqv", verb) && isTyped(format[:at[0]]) {
			words = append(words, args[next])
		}
		next++
	}
	return words
}

// isTyped reports whether what comes behind a text is within a command.
func isTyped(before string) bool {
	parts := strings.Split(before, "`")
	program, _, _ := strings.Cut(parts[len(parts)-1], " ")
	return len(parts)%2 == 0 && regexp.MustCompile(`^(credmint|git|chmod|sudo|ssh|aws|eval)$`).MatchString(program)
}

// text is the value of a literal, or of a sum of literals.
func text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == gotoken.STRING
	case *ast.BinaryExpr:
		left, ok := text(e.X)
		right, too := text(e.Y)
		return left + right, ok && too && e.Op == gotoken.ADD
	case *ast.ParenExpr:
		return text(e.X)
	}
	return "", false
}

func summands(e ast.Expr) []ast.Expr {
	if sum, ok := e.(*ast.BinaryExpr); ok && sum.Op == gotoken.ADD {
		return append(summands(sum.X), summands(sum.Y)...)
	}
	return []ast.Expr{e}
}

// isQuoted reports whether a value is one of shellword's, or cannot need it.
func isQuoted(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	name := fmt.Sprint(call.Fun)
	if s, ok := call.Fun.(*ast.SelectorExpr); ok {
		name = fmt.Sprint(s.X, ".", s.Sel)
	}
	switch name {
	case "shellword.Quote", "shellword.Argument", "shellPath", "acs.Port": // a port is digits
		return true
	}
	return false
}
