//go:build unix

package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImports holds the edges between the packages, which are the design: what may touch AWS's SDK, the OS keychain, and
// each other.
func TestImports(t *testing.T) {
	deps := allDeps(t)
	const (
		sdk     = "github.com/aws/"
		keyring = "github.com/zalando/go-keyring"
		kong    = "github.com/alecthomas/kong"
		tpm     = "github.com/google/go-tpm"
	)
	only := map[string][]string{ // who may depend on it, beside cmd/credmint
		sdk:     {"credmint/helper/mint"},
		keyring: {"credmint/keychain"},
		kong:    {"credmint/cmd/credmint"},
		tpm:     {"credmint/keychain/tpm"},
	}
	for pkg, imports := range deps {
		for banned, allowed := range only {
			if pkg == "credmint/cmd/credmint" || slices.ContainsFunc(allowed, func(a string) bool { return within(pkg, a) }) {
				continue
			}
			for _, dep := range imports {
				if strings.HasPrefix(dep, banned) {
					t.Errorf("%s depends on %s", pkg, dep)
					break
				}
			}
		}
		for _, dep := range imports {
			if pkg == "credmint/cmd/credmint/kept" && isHeavy(dep) {
				t.Errorf("%s, which every hit waits for, depends on %s", pkg, dep)
			}
			if !mayImport(pkg, dep) {
				t.Errorf("%s depends on %s", pkg, dep)
			}
		}
	}
}

// TestLeftOut holds what was left out of the program. Of what is in it every hit pays a part: the runtime looks each function
// up before it begins, and each pair of a type and an interface, and the kernel maps the file.
func TestLeftOut(t *testing.T) {
	linked := allDeps(t)["credmint/cmd/credmint"]
	for pkg, why := range map[string]string{
		"github.com/go-jose/go-jose/v4": "helper/plaintext needs its package cipher only; the rest is 270 kB",
		"image/draw":                    "helper/mfa draws a picture in gray, which a loop does in 50 kB less",
		"text/template":                 "it looks methods up by their names, for which the linker keeps those of all types",
		"html/template":                 "it needs text/template",
	} {
		if slices.Contains(linked, pkg) {
			t.Errorf("the program has %s in it: %s", pkg, why)
		}
	}
}

// mayImport is the rule for packages of ours.
func mayImport(pkg, dep string) bool {
	own := strings.HasPrefix(dep, "credmint/")
	programs := []string{"credmint/keychain/external", "credmint/keychain/security", "credmint/keychain/oskeychain"} // the last on macOS
	switch {
	case pkg == "credmint/cmd/credmint/completion", pkg == "credmint/cmd/credmint/manual":
		return !own
	case pkg == "credmint/cmd/credmint":
		return !own || !isTestKit(dep)
	case pkg == "credmint/helper", pkg == "credmint/helper/gitcred", pkg == "credmint/helper/atomicfile", pkg == "credmint/helper/filename":
		return (!own || dep == "credmint/helper/filename") && (!strings.Contains(strings.Split(dep, "/")[0], ".") || strings.HasPrefix(dep, "golang.org/x/sys"))
	case within(pkg, "credmint/cache"), within(pkg, "credmint/keychain"):
		return !own || dep == "credmint/helper/atomicfile" || dep == "credmint/helper/filename" ||
			dep == "credmint/helper/program" && slices.Contains(programs, pkg) || within(dep, strings.Join(strings.SplitN(pkg, "/", 3)[:2], "/"))
	case within(pkg, "credmint/helper"):
		return !own || within(dep, "credmint/helper")
	}
	return true
}

// isHeavy names what takes long to initialise, or comes with something that does.
func isHeavy(dep string) bool {
	// Each of these comes, by its name or what it needs, after packages that fill tables: encoding/xml is the first of them.
	late := []string{
		"crypto/rand", "log/slog", "math/big", "net", "net/netip", "net/url", "os/exec", "os/user", "path/filepath", "regexp",
	}
	domain, _, _ := strings.Cut(dep, "/")
	return slices.Contains(late, dep) || within(dep, "net/http") || within(dep, "crypto/tls") || strings.Contains(domain, ".")
}

// isTestKit reports whether a package serves tests only: its name, or that of the one it belongs to, ends in "test".
func isTestKit(pkg string) bool {
	return slices.ContainsFunc(strings.Split(pkg, "/"), func(name string) bool { return strings.HasSuffix(name, "test") })
}

func within(pkg, root string) bool { return pkg == root || strings.HasPrefix(pkg, root+"/") }

// allDeps maps each package of ours, tests and test kits left out, to everything it is built from.
func allDeps(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Deps " "}}`, "credmint/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if !isTestKit(words[0]) && words[0] != "credmint/cmd/bench" {
			deps[words[0]] = words[1:]
		}
	}
	if len(deps) < 8 {
		t.Fatalf("go list named %d packages only", len(deps))
	}
	return deps
}
