package external

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"credmint/helper/program"
	"credmint/keychain"
)

// dockerPrefix begins the names of docker's credential helpers, which are those of the stores as well.
const dockerPrefix = "docker-credential-"

// Docker is a program that speaks docker's credential helper protocol (https://github.com/docker/docker-credential-helpers):
// docker-credential-osxkeychain, docker-credential-pass, ... nil where name is none's, or this program's own.
func Docker(name string, person Person) keychain.Store {
	helper, ok := strings.CutPrefix(name, dockerPrefix)
	if !ok || helper == "" || helper == "credmint" || strings.Trim(helper, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return nil
	}
	return &docker{program: name, person: person}
}

// DockerHelpers are the names of the helpers on PATH.
func DockerHelpers() []string {
	var names []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		files, _ := filepath.Glob(filepath.Join(dir, dockerPrefix+"*"))
		for _, file := range files {
			name := filepath.Base(file)
			if runtime.GOOS == "windows" {
				name = strings.TrimSuffix(name, ".exe")
			}
			if _, err := program.Find(name); err == nil && Docker(name, nil) != nil {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

type docker struct {
	program string
	person  Person
}

var (
	_ keychain.Store   = (*docker)(nil)
	_ keychain.Checker = (*docker)(nil)
)

// login is what the protocol keeps: one password for a server.
type login struct {
	ServerURL string `json:"ServerURL"`
	Username  string `json:"Username"`
	Secret    string `json:"Secret"`
}

// Format keeps the secret out of every verb.
func (l login) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("the login of " + l.ServerURL)) }

// Items are passwords of one user at servers that cannot be: RFC 2606 keeps .invalid for that, so that docker never asks for
// one of them, and helpers that take a URL apart find a host and a path.
const (
	dockerServer = "https://credmint.invalid/"
	dockerUser   = "credmint"
)

// Limit is below the least that is known of any helper: docker-credential-wincred's 2,560 bytes.
func (d *docker) Limit() int { return 2000 }

// Check looks for the program.
func (d *docker) Check(context.Context) error { return find(d.program) }

func (d *docker) Get(ctx context.Context, item string) (string, error) {
	out, err := d.run(ctx, "get", dockerServer+item)
	if err != nil {
		return "", err
	}
	var l login
	switch err := json.Unmarshal([]byte(out), &l); {
	case err != nil:
		return "", fmt.Errorf("%w: %s get prints no JSON", keychain.ErrCorrupt, d.program)
	case l.Username == "" && l.Secret == "": // docker-credential-pass says so what it has not
		return "", keychain.ErrNotFound
	case l.Username != dockerUser || l.ServerURL != "" && l.ServerURL != dockerServer+item:
		return "", fmt.Errorf("%w: %s returns what it was not asked for", keychain.ErrCorrupt, d.program)
	}
	return l.Secret, nil
}

func (d *docker) Set(ctx context.Context, item, value string) error {
	text, err := json.Marshal(login{ServerURL: dockerServer + item, Username: dockerUser, Secret: value})
	if err != nil {
		return err
	}
	_, err = d.run(ctx, "store", string(text))
	return err
}

// Delete asks first: what a helper says of one that is not there differs from helper to helper.
func (d *docker) Delete(ctx context.Context, item string) error {
	if _, err := d.Get(ctx, item); err != nil && !errors.Is(err, keychain.ErrCorrupt) {
		return err
	}
	_, err := d.run(ctx, "erase", dockerServer+item)
	return err
}

func (d *docker) run(ctx context.Context, action, stdin string) (string, error) {
	c := command{name: d.program, args: []string{action}, stdin: stdin, ask: d.person()}
	out, err := c.run(ctx)
	return out, explainDocker(err, c.ask)
}

// explainDocker sorts what helpers say, which they print to stdout: the texts of the protocol, and those of what is behind
// the helpers that are known.
func explainDocker(err error, asked bool) error {
	var failed *program.Failed
	if !errors.As(err, &failed) {
		return err
	}
	says := failed.Printed + "\n" + failed.Says
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(says, p) })
	}
	kind := keychain.ErrUnavailable
	switch {
	case has("credentials not found in native keychain"):
		return keychain.ErrNotFound
	case has("locked", "No secret key", "interaction is not allowed", "-25308"):
		if kind = keychain.ErrLocked; asked {
			kind = keychain.ErrDeclined
		}
	case has("dismissed", "canceled", "cancelled", "-128)"):
		kind = keychain.ErrDeclined
	}
	err = fmt.Errorf("%w: %s: %s", kind, failed.Name, why(failed))
	if errors.Is(kind, keychain.ErrLocked) {
		return keychain.Advise(err, "unlock the keychain behind "+failed.Name+", and try again")
	}
	return err
}

// why is the line in which a helper says why it failed; one that crashes has many.
func why(failed *program.Failed) string {
	line, _, _ := strings.Cut(strings.TrimSpace(failed.Printed), "\n")
	if line == "" {
		line, _, _ = strings.Cut(strings.TrimSpace(failed.Says), "\n")
	}
	if line == "" {
		return failed.Err.Error()
	}
	return line
}
