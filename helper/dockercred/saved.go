package dockercred

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"credmint/helper"
)

// Secrets is the store Saved keeps its items in, each under a name.
type Secrets interface {
	// Get reads an item. An error that is fs.ErrNotExist says that there is none; any other says nothing about that.
	Get(ctx context.Context, name string) ([]byte, error)
	// Update replaces an item by what change makes of it, while no other process does. old is nil where there is none. A
	// nil value deletes the item; one equal to old, or an error of change, writes nothing. about is what may be known of
	// the item without opening it.
	Update(ctx context.Context, name string,
		change func(old []byte) (value []byte, about map[string]string, err error)) error
	// About lists what may be known of the items whose names begin with prefix.
	About(prefix string) ([]map[string]string, error)
}

// Saved is a Helper that keeps logins, one for each registry. Addresses that differ in "https://" before them or slashes
// behind mean the same; all else is compared as it is, paths included.
type Saved struct{ Secrets Secrets }

var _ Helper = Saved{}

// item is what is kept, in JSON. Texts are base64 of their bytes.
type item struct {
	helper.Unprinted

	Server   []byte `json:"server"`
	Username []byte `json:"username"`
	Secret   []byte `json:"secret"`
}

// The words of the index.
const (
	itemPrefix    = "docker/"
	aboutServer   = "server"
	aboutUsername = "username"
)

func itemName(server string) string {
	return itemPrefix + strings.TrimRight(strings.TrimPrefix(server, "https://"), "/")
}

// Get answers with the address that was asked for.
func (s Saved) Get(ctx context.Context, server string) (Credential, error) {
	value, err := s.Secrets.Get(ctx, itemName(server))
	if errors.Is(err, fs.ErrNotExist) {
		return Credential{}, ErrNotFound
	}
	if err != nil {
		return Credential{}, fmt.Errorf("read the login of %s: %w", server, err)
	}
	var i item
	d := json.NewDecoder(bytes.NewReader(value))
	d.DisallowUnknownFields() // what a later version wrote is not half understood
	if err := d.Decode(&i); err != nil || len(i.Username) == 0 {
		return Credential{}, fmt.Errorf("the login of %s is none that this version can read", server)
	}
	if _, err := d.Token(); err != io.EOF {
		return Credential{}, fmt.Errorf("the login of %s is none that this version can read", server)
	}
	return Credential{ServerURL: server, Username: string(i.Username), Secret: string(i.Secret)}, nil
}

// Store keeps the login. One that is kept already costs no write.
func (s Saved) Store(ctx context.Context, c Credential) error {
	value, err := json.Marshal(item{Server: []byte(c.ServerURL), Username: []byte(c.Username), Secret: []byte(c.Secret)})
	if err != nil {
		return err
	}
	err = s.Secrets.Update(ctx, itemName(c.ServerURL), func([]byte) ([]byte, map[string]string, error) {
		return value, map[string]string{aboutServer: c.ServerURL, aboutUsername: c.Username}, nil
	})
	if err != nil {
		return fmt.Errorf("store %v: %w", c, err)
	}
	return nil
}

// Erase forgets it.
func (s Saved) Erase(ctx context.Context, server string) error {
	found := false
	err := s.Secrets.Update(ctx, itemName(server), func(old []byte) ([]byte, map[string]string, error) {
		found = old != nil
		return nil, nil, nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("erase the login of %s: %w", server, err)
	case !found:
		return ErrNotFound
	}
	return nil
}

// List asks the index alone.
func (s Saved) List(context.Context) (map[string]string, error) {
	abouts, err := s.Secrets.About(itemPrefix)
	if err != nil {
		return nil, fmt.Errorf("list the logins of registries: %w", err)
	}
	logins := map[string]string{}
	for _, about := range abouts {
		if about[aboutServer] != "" {
			logins[about[aboutServer]] = about[aboutUsername]
		}
	}
	return logins, nil
}
