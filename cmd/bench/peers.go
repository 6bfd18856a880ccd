package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// peer is another program that keeps secrets in the same Secret Service.
type peer struct {
	name, program string
	get           func(*world) (command, error) // makes it answer from what is kept
}

func peerList() []peer {
	return []peer{
		{"aws-vault export", "aws-vault", (*world).awsVault},
		{"git-credential-libsecret get", "git-credential-libsecret", func(w *world) (command, error) {
			return w.kept(w.other("git-credential-libsecret", gitStored[:len(gitStored)-1]+"password=secret\n\n", "store"),
				w.other("git-credential-libsecret", gitStored, "get"))
		}},
		{"secret-tool lookup", "secret-tool", func(w *world) (command, error) {
			return w.kept(w.other("secret-tool", "secret", "store", "--label=bench", "service", "bench"),
				w.other("secret-tool", "", "lookup", "service", "bench"))
		}},
		{"docker-credential-secretservice get", "docker-credential-secretservice", func(w *world) (command, error) {
			return w.kept(w.other("docker-credential-secretservice", `{"ServerURL":"registry.example.com","Username":"alice","Secret":"secret"}`, "store"),
				w.other("docker-credential-secretservice", "registry.example.com", "get"))
		}},
	}
}

// peers are the works for those that are in PATH.
func (w *world) peers() (works []*work) {
	for _, p := range peerList() {
		if _, err := exec.LookPath(p.program); err == nil {
			works = append(works, w.single(func() (command, error) { return p.get(w) }, &line{name: "beside it: " + p.name, unit: "ms"}))
		}
	}
	return works
}

// other is a call of a program of PATH, in the warm home.
func (w *world) other(name, stdin string, args ...string) command {
	if path, err := exec.LookPath(name); err == nil {
		name = path
	}
	return command{args: append([]string{name}, args...), stdin: stdin}
}

// kept has a peer keep something, and returns the command that gets it.
func (w *world) kept(store, get command) (command, error) {
	h, err := w.home(warm)
	if err != nil {
		return command{}, err
	}
	store.env, get.env = h.env, h.env
	if _, err := w.run(store); err != nil {
		return command{}, missing(err.Error())
	}
	return get, nil
}

// awsVault answers from a session of GetSessionToken in a collection of its own.
func (w *world) awsVault() (command, error) {
	if _, err := exec.LookPath("aws-vault"); err != nil {
		return command{}, missing("aws-vault is not in PATH")
	}
	h, err := w.home(warm)
	if err != nil {
		return command{}, err
	}
	dir := filepath.Join(h.dir, "aws-vault")
	config := "[profile demo]\nregion = eu-west-1\n"
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600)); err != nil {
		return command{}, err
	}
	if err := h.bus.Collect("awsvault"); err != nil {
		return command{}, err
	}
	add, export := w.other("aws-vault", "", "add", "--env", "demo"), w.other("aws-vault", "", "export", "--format=json", "demo")
	export.env = append([]string{"AWS_VAULT_BACKEND=secret-service", "AWS_CONFIG_FILE=" + filepath.Join(dir, "config")}, h.env...)
	add.env = append([]string{"AWS_ACCESS_KEY_ID=" + h.aws.info["access_key_id"], "AWS_SECRET_ACCESS_KEY=" + h.aws.info["secret_access_key"]}, export.env...)
	for _, c := range []command{add, export} {
		if _, err := w.run(c); err != nil {
			return command{}, missing(strings.TrimSpace(err.Error()))
		}
	}
	return export, nil
}
