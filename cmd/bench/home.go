package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"credmint/keychain/keychaintest"
)

// home is a user's: a keychain on a bus of its own, a config, an access key "me", and a role "reader" that it may assume.
type home struct {
	w   *world
	dir string
	env []string
	bus *keychaintest.Bus
	aws *cloud

	lends bool // the kernel may have its sealing key
}

// place is what a home is like.
type place struct {
	name     string
	profiles int  // of ~/.aws/config
	foreign  int  // items of other programs in the keyring
	tls      bool // AWS speaks it
	kernel   bool // is lent the sealing key
}

// home makes one, with a session of the role and a git password kept.
func (w *world) home(p place) (*home, error) {
	if h := w.homes[p.name]; h != nil {
		return h, nil
	}
	h := &home{w: w, dir: filepath.Join(w.dir, p.name)}
	var err error
	if h.bus, err = w.startBus(filepath.Join(h.dir, "bus"), p.foreign); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(h.dir, ".aws"), 0o700); err != nil {
		return nil, err
	}
	h.env = []string{"HOME=" + h.dir, "PATH=" + os.Getenv("PATH")}
	for _, variable := range h.bus.Env() {
		if strings.HasPrefix(variable, "DBUS_") || strings.HasPrefix(variable, "XDG_RUNTIME_DIR=") {
			h.env = append(h.env, variable)
		}
	}
	if err := h.findAWS(p.tls); err != nil {
		return nil, err
	}
	config := profiles(p.profiles-2, h.aws.info["reader_role_arn"])
	if err := os.WriteFile(filepath.Join(h.dir, ".aws", "config"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	key := h.aws.info["access_key_id"] + "\n" + h.aws.info["secret_access_key"] + "\n"
	for _, c := range []command{
		h.credmint(key, "add", "--stdin", "me"),
		h.credmint("", "aws", "reader"),
		h.credmint(gitStored[:len(gitStored)-1]+"password=secret\n\n", "git", "store"),
	} {
		if _, err := w.run(c); err != nil {
			return nil, err
		}
	}
	w.homes[p.name] = h
	if !p.kernel {
		return h, nil
	}
	h.lends = true
	if _, err := w.run(h.credmint("", "keychain", "cache", "10m")); err != nil {
		return nil, missing("the kernel takes no key: " + strings.TrimSpace(err.Error()))
	}
	_, err = w.run(h.credmint("", "aws", "reader"))
	return h, err
}

// profiles is a config with others' profiles before the one that is asked for.
func profiles(others int, role string) string {
	var config strings.Builder
	for i := range others {
		fmt.Fprintf(&config, "[profile account-%d]\nregion = eu-west-1\noutput = json\ncredmint_role_arn = arn:aws:iam::%012d:role/Admin\ncredmint_source_profile = me\n\n", i, i)
	}
	fmt.Fprintf(&config, "[profile reader]\nregion = eu-west-1\ncredmint_role_arn = %s\ncredmint_source_profile = me\n", role)
	return config.String()
}

// systemBundle is where Debian, Fedora and Alpine keep the CAs that the system trusts.
var systemBundle = []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"}

// findAWS points to an AWS. One that speaks TLS is vouched for by the system's CAs and one more, in one bundle, so that as
// much is read and searched as for AWS's own certificate.
func (h *home) findAWS(tls bool) (err error) {
	if !tls {
		h.aws, err = h.w.cloud()
		if err == nil {
			h.env = append(h.env, "AWS_ENDPOINT_URL="+h.aws.info["endpoint"])
		}
		return err
	}
	if h.aws, err = h.w.cloud("-tls-dir", h.dir); err != nil {
		return err
	}
	own, err := os.ReadFile(h.aws.info["ca_file"])
	if err != nil {
		return err
	}
	for _, file := range systemBundle {
		if system, err := os.ReadFile(file); err == nil {
			bundle := filepath.Join(h.dir, "bundle.pem")
			h.env = append(h.env, "AWS_ENDPOINT_URL="+h.aws.info["endpoint"], "AWS_CA_BUNDLE="+bundle)
			return os.WriteFile(bundle, append(append(system, '\n'), own...), 0o600)
		}
	}
	return missing("the system has no bundle of CAs (Debian: ca-certificates)")
}

// credmint is a call of it.
func (h *home) credmint(stdin string, args ...string) command {
	return command{args: append([]string{"credmint"}, args...), env: h.env, stdin: stdin}
}

// cold is a call that finds no session.
func (h *home) cold(args ...string) command {
	c := h.credmint("", args...)
	c.before = h.forget
	return c
}

// forget drops the sessions, as if they had ended, without a process that would warm anything.
func (h *home) forget() error {
	files, err := filepath.Glob(filepath.Join(h.dir, ".cache", "credmint", "sessions", strings.Repeat("?", 64)))
	if err == nil && len(files) == 0 {
		err = errors.New("there is no session to be dropped")
	}
	for _, f := range files {
		err = errors.Join(err, os.Remove(f))
	}
	return err
}

// leave takes back what is not below the world's directory, whether or not the benchmark was interrupted.
func (h *home) leave() {
	if h.lends {
		off := h.credmint("", "keychain", "cache", "off")
		cmd := exec.Command(h.w.program(off.args[0]), off.args[1:]...)
		cmd.Env = off.env
		_ = cmd.Run()
	}
}
