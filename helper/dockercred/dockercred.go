// Package dockercred speaks Docker's credential helper protocol, which podman, buildah, skopeo and others speak too: JSON
// and plain text on stdin, JSON on stdout, and errors in words that the caller compares.
//
// It knows whose registries are Amazon ECR's, and keeps the logins of all others in whatever store it is given.
//
// The protocol: https://github.com/docker/docker-credential-helpers#development.
package dockercred

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Credential is a login of a registry. It prints as the registry's address, whatever the verb.
type Credential struct {
	ServerURL string // as the caller wrote it: "https://index.docker.io/v1/", "ghcr.io"
	Username  string // "<token>" where Secret is an identity token
	Secret    string
}

// The errors that callers of the protocol know by their words.
var (
	// ErrNotFound says that there is no such login; it is no failure.
	ErrNotFound = errors.New("credentials not found in native keychain")

	errNoServer   = errors.New("no credentials server URL")
	errNoUsername = errors.New("no credentials username")
)

// Helper does the work.
type Helper interface {
	// Get finds a login; ErrNotFound where there is none.
	Get(ctx context.Context, server string) (Credential, error)
	// Store keeps one in the place of what was kept for the registry.
	Store(ctx context.Context, c Credential) error
	// Erase forgets it; ErrNotFound where there is none.
	Erase(ctx context.Context, server string) error
	// List names the user of each registry that has a login.
	List(ctx context.Context) (map[string]string, error)
}

// Serve does one action: get, store, erase or list. It writes one document to out, or where it fails the error's text, as
// the protocol wants it. The caller exits with a failure for any error, and need not say more about ErrNotFound.
func Serve(ctx context.Context, action string, in io.Reader, out io.Writer, h Helper) error {
	answer, err := serve(ctx, action, in, h)
	if err != nil {
		text := strings.ToValidUTF8(strings.ReplaceAll(err.Error(), "\n", " "), "\uFFFD")
		_, failed := io.WriteString(out, text+"\n")
		return errors.Join(err, failed)
	}
	_, err = out.Write(answer)
	return err
}

func serve(ctx context.Context, action string, in io.Reader, h Helper) ([]byte, error) {
	switch action {
	case "list":
		logins, err := h.List(ctx)
		if err != nil {
			return nil, err
		}
		if logins == nil {
			logins = map[string]string{}
		}
		return json.Marshal(logins)
	case "store":
		c, err := Read(in)
		if err != nil {
			return nil, err
		}
		return nil, h.Store(ctx, c)
	case "get", "erase":
		server, err := readServer(in)
		if err != nil {
			return nil, err
		}
		if action == "erase" {
			return nil, h.Erase(ctx, server)
		}
		c, err := h.Get(ctx, server)
		if err != nil {
			return nil, err
		}
		return Format(c)
	}
	return nil, fmt.Errorf("unknown credential action %q", action)
}

// maxInput bounds what is read of a caller.
const maxInput = 1 << 20

func read(in io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	if len(data) > maxInput {
		return nil, errors.New("the request is too long")
	}
	return data, nil
}

// readServer reads the address of get and erase: plain text, white space around it left out.
func readServer(in io.Reader) (string, error) {
	data, err := read(in)
	if err != nil {
		return "", err
	}
	server := strings.TrimSpace(string(data))
	return server, checkServer(server)
}

// checkServer refuses what names no registry, and what could not be shown.
func checkServer(server string) error {
	switch {
	case server == "":
		return errNoServer
	case !utf8.ValidString(server) || strings.ContainsFunc(server, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return errors.New("the server URL holds white space, or a character that none has")
	}
	return nil
}

// document is the JSON of the protocol.
type document struct {
	ServerURL string `json:"ServerURL"`
	Username  string `json:"Username"`
	Secret    string `json:"Secret"`
}

// Format is that of the Credential.
func (d document) Format(f fmt.State, verb rune) { Credential(d).Format(f, verb) }

// Read reads a credential: one JSON object. Members that it does not know are ignored. An error quotes nothing of it.
func Read(in io.Reader) (Credential, error) {
	data, err := read(in)
	if err != nil {
		return Credential{}, err
	}
	var d document
	if !utf8.Valid(data) || json.Unmarshal(data, &d) != nil { // Unmarshal would mend a secret that is no UTF-8
		return Credential{}, errors.New("the request is no JSON object with ServerURL, Username and Secret")
	}
	if err := checkServer(d.ServerURL); err != nil {
		return Credential{}, err
	}
	if d.Username == "" {
		return Credential{}, errNoUsername
	}
	return Credential(d), nil
}

// Format is a credential in JSON, which Read reads as the same. What it could not hold is an error.
func Format(c Credential) ([]byte, error) {
	if !utf8.ValidString(c.Username) || !utf8.ValidString(c.Secret) {
		return nil, fmt.Errorf("%v holds bytes that JSON cannot hold", c)
	}
	return json.Marshal(document(c))
}

// String names the registry.
func (c Credential) String() string { return fmt.Sprintf("the login of %q", c.ServerURL) }

// Format keeps the secret out of every verb, %+v and %#v included.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// MarshalJSON refuses: the function Format is the only writer.
func (c Credential) MarshalJSON() ([]byte, error) {
	return nil, errors.New("a registry's login does not marshal: it is secret")
}
