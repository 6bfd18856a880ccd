//go:build linux

package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"credmint/helper/codecommit/codecommittest"
	"credmint/helper/forge/forgetest"
)

// forgeBrowser is a browser that reaches the forge, as git does by its own config.
func forgeBrowser() {
	_ = os.Setenv("HTTPS_PROXY", os.Getenv("FORGE_PROXY"))
	_ = os.Setenv("SSL_CERT_FILE", os.Getenv("FORGE_CA"))
	browser()
}

type forgeKey struct{}

// theForge is a script's forge, and the server that it is on.
type theForge struct {
	*forgetest.Forge
	server *codecommittest.Server
}

// forgeIs steers a forge: `forge start`, `forge secret S [header]`, `forge user NAME`, `forge life 2h`, `forge answer
// refused`, `forge app ID OWNER KEY-FILE`, `forge broken 503`, `forge lose-next`, `forge expire`, `forge end`, and `forge calls PATH=N …` since the last
// time, `forge offered HOST=N …` logins.
func forgeIs(ts *testscript.TestScript, neg bool, args []string) {
	if args[0] == "start" {
		startForge(ts)
		return
	}
	f := ts.Value(forgeKey{}).(**theForge)
	switch args[0] {
	case "secret":
		(*f).Secret, (*f).Header = args[1], len(args) > 2
	case "user":
		(*f).Username = args[1]
	case "life":
		d, err := time.ParseDuration(args[1])
		ts.Check(err)
		(*f).SetLife(d)
	case "answer":
		(*f).SetAnswer(args[1])
	case "app":
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		ts.Check(err)
		(*f).AddApp(args[1], &key.PublicKey, args[2])
		block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
		ts.Check(os.WriteFile(ts.MkAbs(args[3]), pem.EncodeToMemory(block), 0o600))
	case "broken":
		status, err := strconv.Atoi(args[1])
		ts.Check(err)
		(*f).SetBroken(status)
	case "lose-next":
		(*f).LoseNext()
	case "expire":
		(*f).Expire()
	case "end":
		(*f).End()
	case "calls":
		counts(ts, neg, args[1:], (*f).Calls)
		(*f).Reset()
	case "offered":
		counts(ts, neg, args[1:], (*f).offered)
		(*f).server.Forget()
	default:
		ts.Fatalf("forge: there is no %q", args[0])
	}
}

// offered is how many requests of a host came with a password.
func (f *theForge) offered(host string) (n int) {
	for _, r := range f.server.Requests() {
		if r.Host == host && r.Password != "" {
			n++
		}
	}
	return n
}

func counts(ts *testscript.TestScript, neg bool, args []string, got func(string) int) {
	for _, arg := range args {
		what, count, _ := strings.Cut(arg, "=")
		want, err := strconv.Atoi(count)
		ts.Check(err)
		if n := got(what); (n == want) == neg {
			ts.Fatalf("%s: %d, want %d", what, n, want)
		}
	}
}

// startForge gives the script a forge that git and its browser reach, and credmint as git's only helper.
func startForge(ts *testscript.TestScript) {
	dir := ts.MkAbs("forge")
	ts.Check(os.Mkdir(dir, 0o700))
	f := &theForge{Forge: forgetest.New()}
	server, err := f.Serve(dir)
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") != "true" {
		ts.Fatalf("%v", err)
	}
	ts.Check(err)
	ts.Defer(func() { _ = server.Close() })
	f.server = server
	*ts.Value(forgeKey{}).(**theForge) = f
	for name, value := range map[string]string{
		"FORGE_PROXY": server.ProxyURL(), "FORGE_CA": server.CAFile(), "BROWSER": "forge-browser",
		"FORGE": "https://" + forgetest.Host, "OTHER": "https://" + forgetest.Other, "GIT_CONFIG_NOSYSTEM": "1",
		"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
		"LC_ALL": "C",
	} {
		ts.Setenv(name, value)
	}
	config := "[http]\n\tproxy = " + server.ProxyURL() + "\n\tsslCAInfo = " + server.CAFile() + "\n[credential]\n\thelper = credmint\n"
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("HOME"), ".gitconfig"), []byte(config), 0o600))
}
