//go:build linux

package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"credmint/helper/codecommit/codecommittest"
	"credmint/helper/forge/forgetest"
)

// startApps serves a host of GitHub Apps.
func (w *canaryWorld) startApps() codecommittest.Forge {
	w.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		w.t.Fatal(err)
	}
	der := x509.MarshalPKCS1PrivateKey(key)
	w.appKey = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: der}))
	w.add(aPrivateKey, base64.StdEncoding.EncodeToString(der))
	w.add(aPrivateKey, w.appKey)
	f := forgetest.New()
	f.AddApp("4711", &key.PublicKey, "team")
	w.apps = &front{canaries: w.canaries, next: f}
	w.git("config", "--global", "credential.https://"+appHost+".githubAppId", "4711")
	w.git("config", "--global", "credential.https://"+appHost+".useHttpPath", "true")
	return struct {
		http.Handler
		login
	}{w.apps, f.Login}
}

// asApps are commands of a GitHub App, whose host says back what it is sent.
func (w *canaryWorld) asApps() {
	w.run(canaryRun{args: "git app-key --stdin " + appHost + " 4711", stdin: strings.Replace(w.appKey, "BEGIN", "BEGUN", 1), fails: true})
	w.run(canaryRun{args: "git app-key --stdin " + appHost + " 4711", stdin: w.appKey})
	w.run(canaryRun{args: "git get", stdin: askApp, stdout: []string{aGitPassword}})
	w.run(canaryRun{args: "git list --json"})
	for _, echo := range sortedNames(echoes()) {
		w.keep(w.command(w.self, "forget"), canaryRun{args: "forget"})
		w.apps.set(echo)
		w.quietly(echo, "git get", askApp)
	}
	w.apps.set("")
}

// lock puts the certificate of a host into PKCS#12.
func (w *canaryWorld) lock() {
	w.t.Helper()
	needProgram(w.t, "openssl", "openssl")
	w.add(aCertificatePassword, canaryCertificatePassword)
	w.give("password", "", canaryCertificatePassword)
	in := func(name string) string { return filepath.Join(w.inputs, name) }
	w.mustRun(w.command("openssl", "pkcs12", "-export", "-in", in("host.pem"), "-inkey", in("host-key.pem"), "-out", in("locked.p12"), "-passout", "file:"+in("password")))
	if err := os.Chmod(in("locked.p12"), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// unlocked has a person open it, at the second try.
func (w *canaryWorld) unlocked() {
	w.t.Helper()
	w.add(aCertificatePassword, canaryCertificatePassword+"?")
	w.run(canaryRun{args: "aws locked", fails: true})
	w.onScreen("login locked", "password of ", canaryCertificatePassword+"?", false)
	w.onScreen("login locked", "password of ", canaryCertificatePassword, true)
	w.run(canaryRun{args: "aws locked", stdout: []string{aSession}})
}

// onScreen has a person type an answer on a terminal.
func (w *canaryWorld) onScreen(args, question, answer string, works bool) {
	w.t.Helper()
	screen, tty, err := openPTY()
	if err != nil {
		w.t.Fatal(err)
	}
	defer screen.Close()
	cmd := w.command(w.self, strings.Split(args, " ")...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	cmd.ExtraFiles = []*os.File{tty}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	tty.Close()
	seen := w.answer(screen, question, answer) + rest(screen)
	if err := cmd.Wait(); (err == nil) != works {
		w.t.Errorf("%s: %v: %s; the terminal shows %q", args, err, errs.Bytes(), seen)
	}
	w.places = append(w.places, spot{args + ": the terminal", seen, nil}, spot{args + ": stderr", errs.String(), nil})
}

// elsewhere are commands of somebody whose keychains are other people's programs, which are told secrets on their stdin.
func (w *canaryWorld) elsewhere() {
	w.t.Helper()
	for program, debian := range map[string]string{"pass": "pass", "gpg": "gnupg", "docker-credential-pass": "golang-docker-credential-helpers"} {
		needProgram(w.t, program, debian)
	}
	home, err := os.MkdirTemp("", "cm") // gpg's agent listens there, and a socket's path is short
	if err != nil {
		w.t.Fatal(err)
	}
	data := filepath.Join(w.home, "elsewhere")
	env := []string{"GNUPGHOME=" + home, "PASSWORD_STORE_DIR=" + filepath.Join(w.home, "store"), "XDG_DATA_HOME=" + data, "XDG_CACHE_HOME=" + data}
	w.t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
		_ = os.RemoveAll(home)
	})
	for _, args := range []string{
		"gpg --batch --quiet --pinentry-mode loopback --passphrase= --quick-generate-key test@example.com future-default default never",
		"pass init test@example.com",
	} {
		words := strings.Fields(args)
		cmd := w.command(words[0], words[1:]...)
		cmd.Env = append(cmd.Env, env...)
		w.mustRun(cmd)
	}
	for _, store := range []string{"pass", "docker-credential-pass"} {
		key := w.alice.AddAccessKey()
		w.add(anAccessKey, key.Secret)
		chosen := append(slices.Clone(env), "CREDMINT_KEYCHAIN="+store)
		for _, r := range []canaryRun{
			{args: "add --replace --stdin --no-config plain", stdin: key.ID + "\n" + key.Secret + "\n"},
			{args: "forget"},
			{args: "aws plain", stdout: []string{aSession}},
			{args: "git store", stdin: storedGit},
			{args: "git get", stdin: askGit, stdout: []string{aGitPassword}},
			{args: "aws plain", env: []string{"PASSWORD_STORE_DIR=/nonexistent"}},
			{args: "git store", stdin: storedGit, env: []string{"PASSWORD_STORE_DIR=/nonexistent"}},
		} {
			r.env, r.either = append(slices.Clone(chosen), r.env...), true
			w.run(r)
		}
	}
}
