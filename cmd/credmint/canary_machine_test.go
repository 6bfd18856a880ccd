//go:build linux

package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"credmint/helper/atomicfile/faulttest"
	"credmint/helper/mint/awstest"
	"credmint/keychain/keychaintest"
)

// The kinds of secrets that are a machine's, beside those that are a service's.
const (
	aProxyPassword       = "proxy password"
	aCertificatePassword = "certificate password"
	aSealingKey          = "sealing key"
)

const (
	appHost                   = "app.example.com"
	askApp                    = "protocol=https\nhost=" + appHost + "\npath=team/one.git\n\n"
	canaryProxyPassword       = "canary-proxy-password"
	canaryCertificatePassword = "canary certificate password"
)

// proxies are the ways of a proxy that is asked with a password.
func proxies() map[string]http.HandlerFunc {
	says := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			sent := r.Header.Get("Proxy-Authorization")
			_, encoded, _ := strings.Cut(sent, " ")
			plain, _ := base64.StdEncoding.DecodeString(encoded)
			w.Header().Set("Proxy-Authenticate", fmt.Sprintf("Basic realm=%q", plain))
			w.Header().Set("Location", "/?"+url.QueryEscape(string(plain)))
			w.Header().Set("X-Amzn-Requestid", sent)
			w.WriteHeader(status)
			fmt.Fprintf(w, "<html>%s %s %s</html>", sent, plain, r.Header)
		}
	}
	return map[string]http.HandlerFunc{
		"wants another": says(http.StatusProxyAuthRequired), "forbids": says(http.StatusForbidden), "is broken": says(http.StatusBadGateway),
		"redirects": says(http.StatusFound),
		"hangs up":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
}

// proxied are commands that go through a proxy, which has a password, and fail there.
func (w *canaryWorld) proxied() {
	w.t.Helper()
	w.add(aProxyPassword, canaryProxyPassword)
	addresses := map[string]string{"is no address": "127.0.0.1:canary", "is nowhere": "127.0.0.1:1"}
	for name, answer := range proxies() {
		server := httptest.NewServer(answer)
		w.t.Cleanup(server.Close)
		addresses[name] = strings.TrimPrefix(server.URL, "http://")
	}
	theirs := []string{aProxyPassword} // it is the user who put it into the environment
	for _, name := range sortedNames(addresses) {
		if often := name == "is no address" || name == "wants another"; !often && !faulttest.Slow() {
			continue
		}
		proxy := "http://me:" + canaryProxyPassword + "@" + addresses[name]
		env := []string{
			"HTTPS_PROXY=" + proxy, "NO_PROXY=", "AWS_ENDPOINT_URL=https://sts.eu-west-1.amazonaws.com",
			"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.proxy", "GIT_CONFIG_VALUE_0=" + proxy,
		}
		children := map[string][]string{"credmint": theirs, "git": theirs, "cat": theirs, "sh": theirs}
		for _, args := range []string{"aws plain", "aws corp", "doctor", "login --device-code center", "git get"} {
			stdin := map[string]string{"git get": askApp}[args]
			w.run(canaryRun{args: args, stdin: stdin, env: env, child: children, fails: true, either: args == "doctor"})
		}
	}
	w.run(canaryRun{args: "log --json"})
}

// lent has the kernel lent the key of the sessions.
func (w *canaryWorld) lent(t *testing.T) {
	keychaintest.NeedKernelKeyring(t)
	w.run(canaryRun{args: "aws reader", stdout: []string{aSession}})
	w.run(canaryRun{args: "keychain cache 10m"})
	k := w.kernel(memory{})
	t.Cleanup(func() { _ = k.TakeBack("cache-key") })
	w.run(canaryRun{args: "aws reader", stdout: []string{aSession}})
	key, lent, err := k.Borrow(t.Context(), "cache-key", func([]byte) bool { return true })
	if err != nil || !lent || len(key) != 32 {
		t.Fatalf("a key of %d bytes is lent: %t, %v", len(key), lent, err)
	}
	w.add(aSealingKey, string(key))
	for _, args := range []string{"keychain cache", "keychain list", "doctor --json", "list --json", "keychain cache 5m"} {
		w.run(canaryRun{args: args, either: strings.HasPrefix(args, "doctor")})
	}
	w.crashed("aws plain", syscall.SIGQUIT)
	w.run(canaryRun{args: "aws plain", stdout: []string{aSession}}) // "forget" took the key back, and what crashed need not have got to it
	described, err := os.ReadFile("/proc/keys")
	if err != nil || !bytes.Contains(described, []byte("credmint ")) {
		t.Errorf("/proc/keys: %v\n%s", err, described)
	}
	w.places = append(w.places, spot{"/proc/keys", string(described), nil})
	w.run(canaryRun{args: "keychain cache off"})
}

// behind has a session renewed by a process of its own, which hangs, and ends as by a panic.
func (w *canaryWorld) behind() {
	w.t.Helper()
	w.keep(w.command(w.self, "forget"), canaryRun{args: "forget"})
	w.aws.SetSessionLife(320 * time.Second) // near its end from the start
	w.keep(w.command(w.self, "aws", "plain"), canaryRun{args: "aws plain", stdout: []string{aSession}})
	w.aws.SetSessionLife(0)
	if err := os.RemoveAll(filepath.Join(w.home, ".cache", "credmint", "sessions", "locks")); err != nil {
		w.t.Fatal(err)
	}
	w.aws.Reset()
	w.aws.SetFault("", awstest.Fault{Hang: true})
	defer w.aws.ClearFaults()
	w.keep(w.command("/bin/sh", "-c", `ulimit -c unlimited; exec "$@"`, "sh", w.self, "aws", "plain"), canaryRun{args: "aws plain", stdout: []string{aSession}})
	until(w.t, "a request", func() bool { return len(w.aws.Log()) > 0 })
	pid := w.renewing()
	of := func(name string) string { return filepath.Join("/proc", strconv.Itoa(pid), name) }
	for _, name := range []string{"cmdline", "environ"} {
		text, err := os.ReadFile(of(name))
		if err != nil {
			w.t.Fatal(err)
		}
		w.places = append(w.places, spot{"renewed behind: " + name, string(text), nil})
	}
	for fd := range 3 {
		if to, err := os.Readlink(of("fd/" + strconv.Itoa(fd))); to != os.DevNull {
			w.t.Errorf("renewed behind: its stream %d is %s, %v", fd, to, err)
		}
	}
	_ = syscall.Kill(pid, syscall.SIGQUIT)
	until(w.t, "its end", func() bool { _, err := os.Stat(of("exe")); return err != nil })
	if cores, _ := filepath.Glob(filepath.Join(w.home, "core*")); len(cores) > 0 {
		w.t.Errorf("renewed behind: it leaves %s", cores)
	}
}

// renewing is the process that renews a session of this machine's.
func (w *canaryWorld) renewing() (pid int) {
	w.t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, name := range lines {
		line, _ := os.ReadFile(name) // which may be gone
		env, _ := os.ReadFile(filepath.Join(filepath.Dir(name), "environ"))
		if bytes.Contains(line, []byte("\x00renew\x00")) && bytes.Contains(env, []byte("HOME="+w.home+"\x00")) {
			pid, _ = strconv.Atoi(filepath.Base(filepath.Dir(name)))
		}
	}
	if pid == 0 {
		w.t.Fatal("nothing is renewed behind")
	}
	return pid
}

// interrupted has a person, or a caller, end a command that waits for AWS.
func (w *canaryWorld) interrupted(args string, signal syscall.Signal) {
	w.t.Helper()
	w.keep(w.command(w.self, "forget"), canaryRun{args: "forget"})
	w.aws.Reset()
	w.aws.SetFault("", awstest.Fault{Hang: true})
	defer w.aws.ClearFaults()
	cmd := w.command(w.self, strings.Split(args, " ")...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	until(w.t, "a request", func() bool { return len(w.aws.Log()) > 0 })
	_ = cmd.Process.Signal(signal)
	if err := cmd.Wait(); err == nil {
		w.t.Errorf("%s: it goes on after %s", args, signal)
	}
	w.places = append(w.places, spot{args + ", interrupted: stdout", out.String(), nil}, spot{args + ", interrupted: stderr", errs.String(), nil})
}
