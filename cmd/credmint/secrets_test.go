//go:build unix

package main

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// notSecret are fields that are called like secrets, and what they are.
func notSecret() map[string]string {
	return map[string]string{
		"cmd/credmint.served.TokenFile": "a path", "cmd/credmint.serveCmd.TokenFile": "a path",
		"helper/forge.record.TokenURL": "an address", "helper/forge.preset.token": "a path of an address",
		"helper/gitsecret.Place.SecretID": "a name", "helper.Certificate.KeyFile": "a path",
	}
}

// alsoSecret are fields that are not called like secrets.
func alsoSecret(field string) bool {
	switch field {
	case "helper/mint.Token.Text", "helper/forge.github.jwt", "helper/plaintext.variable.value", "cmd/credmint.variable.value", "helper/clipboard.Content.Text":
		return true
	}
	return false
}

// structType is one of ours, as its source says.
type structType struct {
	name    string // "helper/mint.accessKey"
	at      gotoken.Position
	embeds  []string
	holds   []string        // the names of types that are in it, where fmt follows them
	secrets []string        // fields that are secrets
	spared  []string        // fields that are called so, and are none
	written bool            // a secret field is a protocol's, or nobody's outside: it has a tag, or is not exported
	methods map[string]bool // of its own
}

// TestSecretsDoNotPrint: a type with a field that is a secret by its name, or with such a type in it, says itself how it is
// printed, and does not marshal unless that is its job: most embed helper.Unprinted or helper.Unwritten.
func TestSecretsDoNotPrint(t *testing.T) {
	types := ourStructs(t)
	holders := 0
	for name, s := range types {
		why := holdsSecret(types, name, map[string]bool{})
		if why == "" {
			continue
		}
		holders++
		if !has(types, name, "Format") {
			t.Errorf("%s: %s holds %s, and would be printed with it: embed helper.Unwritten", s.at, name, why)
		}
		if len(s.secrets) > 0 && !s.written && !has(types, name, "MarshalJSON") {
			t.Errorf("%s: %s holds %s, which would be in its JSON: embed helper.Unwritten", s.at, name, why)
		}
	}
	for name := range notSecret() {
		if s := types[strings.TrimSuffix(name, path.Ext(name))]; s == nil || !slices.Contains(s.spared, path.Ext(name)[1:]) {
			t.Errorf("%s: there is no such field", name)
		}
	}
	if holders < 30 {
		t.Errorf("%d types hold secrets: not all were found", holders)
	}
}

// holdsSecret says which secret a type has, and where.
func holdsSecret(types map[string]*structType, name string, seen map[string]bool) string {
	s := types[name]
	if s == nil || seen[name] {
		return ""
	}
	seen[name] = true
	if len(s.secrets) > 0 {
		return strings.Join(s.secrets, ", ")
	}
	for _, inner := range s.holds {
		if why := holdsSecret(types, inner, seen); why != "" {
			return inner + " with " + why
		}
	}
	return ""
}

// has reports whether a type has a method, its own or an embedded one's.
func has(types map[string]*structType, name, method string) bool {
	s := types[name]
	if s == nil {
		return false
	}
	if s.methods[method] {
		return true
	}
	for _, e := range s.embeds {
		if has(types, e, method) {
			return true
		}
	}
	return false
}

// ourStructs reads all packages that are built into credmint.
func ourStructs(t *testing.T) map[string]*structType {
	t.Helper()
	found := map[string]*structType{}
	for pkg, dir := range ourPackages(t) {
		readPackage(t, pkg, dir, found)
	}
	return found
}

// ourPackages are those that are built into credmint, and their directories.
func ourPackages(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "credmint/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dirs := map[string]string{}
	for dir := range strings.FieldsSeq(string(out)) {
		pkg, err := filepath.Rel(root, dir)
		if err != nil {
			t.Fatal(err)
		}
		if pkg = filepath.ToSlash(pkg); !isTestKit(pkg) && pkg != "cmd/bench" {
			dirs[pkg] = dir
		}
	}
	return dirs
}

func readPackage(t *testing.T, pkg, dir string, found map[string]*structType) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	set := gotoken.NewFileSet()
	methods := map[string]map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		source := sourceFile{pkg, importsOf(file)}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if receiver := source.receiver(d); receiver != "" {
					if methods[receiver] == nil {
						methods[receiver] = map[string]bool{}
					}
					methods[receiver][d.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if s := source.structOf(spec); s != nil {
						s.at = set.Position(spec.Pos())
						found[s.name] = s
					}
				}
			}
		}
	}
	for name, of := range methods {
		if s := found[name]; s != nil {
			s.methods = of
		}
	}
}

// sourceFile is what a name means in a file.
type sourceFile struct {
	pkg     string
	imports map[string]string // of ours
}

func importsOf(file *ast.File) map[string]string {
	imports := map[string]string{}
	for _, i := range file.Imports {
		full, _ := strconv.Unquote(i.Path.Value)
		if ours, ok := strings.CutPrefix(full, "credmint/"); ok {
			name := path.Base(ours)
			if i.Name != nil {
				name = i.Name.Name
			}
			imports[name] = ours
		}
	}
	return imports
}

func (f sourceFile) receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	of := d.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok { // which fmt calls for pointers alone
		return "*" + f.named(star.X)
	}
	return f.named(of)
}

func (f sourceFile) structOf(spec ast.Spec) *structType {
	of, ok := spec.(*ast.TypeSpec)
	if !ok {
		return nil
	}
	fields, ok := of.Type.(*ast.StructType)
	if !ok {
		return nil
	}
	s := &structType{name: f.pkg + "." + of.Name.Name, methods: map[string]bool{}}
	for _, field := range fields.Fields.List {
		f.field(s, field)
	}
	return s
}

func (f sourceFile) field(s *structType, field *ast.Field) {
	inner := f.followed(field.Type)
	if len(field.Names) == 0 {
		s.embeds = append(s.embeds, inner)
	}
	s.holds = append(s.holds, inner)
	for _, name := range field.Names {
		switch full := s.name + "." + name.Name; {
		case notSecret()[full] != "":
			s.spared = append(s.spared, name.Name)
		case isText(field.Type) && (secretName(name.Name) || alsoSecret(full)):
			s.secrets = append(s.secrets, name.Name)
			s.written = s.written || field.Tag != nil || !name.IsExported()
		}
		if anonymous, ok := field.Type.(*ast.StructType); ok {
			for _, deeper := range anonymous.Fields.List {
				f.field(s, deeper)
			}
		}
	}
}

// followed is the type of ours that fmt follows a field to.
func (f sourceFile) followed(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return f.followed(of.X)
	case *ast.ArrayType:
		return f.followed(of.Elt)
	case *ast.MapType:
		return f.followed(of.Value)
	}
	return f.named(of)
}

func (f sourceFile) named(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.Ident:
		return f.pkg + "." + of.Name
	case *ast.SelectorExpr:
		if pkg, ok := of.X.(*ast.Ident); ok && f.imports[pkg.Name] != "" {
			return f.imports[pkg.Name] + "." + of.Sel.Name
		}
	case *ast.IndexExpr:
		return f.named(of.X)
	}
	return ""
}

// isText reports whether a field is a text, or several.
func isText(of ast.Expr) bool {
	switch of := of.(type) {
	case *ast.Ident:
		return of.Name == "string" || of.Name == "byte"
	case *ast.StarExpr:
		return isText(of.X)
	case *ast.ArrayType:
		return isText(of.Elt)
	case *ast.MapType:
		return isText(of.Value)
	}
	return false
}

// secretName reports whether a field is called as secrets are. Those of fields that are secrets sometimes, such as Code and
// Key, are not among them: what has one of them has one of these, too.
func secretName(name string) bool {
	return regexp.MustCompile(`(?i)secret|password|passphrase|token|seed|refresh|assertion|verifier|devicecode|^access$`).MatchString(name)
}
