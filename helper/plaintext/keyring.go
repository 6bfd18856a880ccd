package plaintext

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"credmint/helper"
	"credmint/helper/atomicfile"
)

// Keyring is a directory of encrypted files, in which aws-vault and granted keep access keys where they use no keychain: the
// file backend of https://github.com/99designs/keyring. Each file is a JWE in compact form (PBES2-HS256+A128KW, A256GCM) of
// an item as JSON.
type Keyring struct {
	helper.Unwritten

	Program    string // whose it is: "aws-vault"
	Dir        string
	Passphrase func(ctx context.Context) (string, error) // asked when there is a file
	Keys       Keys

	passphrase string
}

var _ Source = (*Keyring)(nil)

// Name is what a person types.
func (s *Keyring) Name() string { return s.Program }

// keyringItem is what a file holds, and an item of a Collection.
type keyringItem struct {
	Key  string // the profile, for an access key
	Data []byte // JSON
}

// Find opens each file. Kept sessions and tokens, which end by themselves, are passed over.
func (s *Keyring) Find(ctx context.Context) ([]Found, error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		path := filepath.Join(s.Dir, e.Name())
		profile, key, err := s.read(ctx, path)
		if err != nil {
			return nil, err
		}
		if profile == "" {
			continue
		}
		f := foundKey(profile, key, "", s.Keys)
		f.Where = path
		found = append(found, f)
	}
	return found, nil
}

// read opens a file. One without an access key has no profile.
func (s *Keyring) read(ctx context.Context, path string) (profile string, key helper.AccessKey, err error) {
	text, err := atomicfile.ReadLinked(path, maxFile)
	if err != nil {
		return "", key, err
	}
	sealed, err := parseJWE(string(text))
	if err != nil {
		return "", key, fmt.Errorf("%s is no file of %s's", path, s.Program)
	}
	if s.passphrase == "" {
		if s.passphrase, err = s.Passphrase(ctx); err != nil {
			return "", key, fmt.Errorf("open what %s keeps: %w", s.Program, err)
		}
	}
	opened, err := sealed.open(s.passphrase)
	if err != nil {
		return "", key, fmt.Errorf("%s does not open with that passphrase", path)
	}
	profile, key, ok := readKeyringItem(opened)
	if !ok {
		return "", key, fmt.Errorf("%s is no file of %s's", path, s.Program)
	}
	return profile, key, nil
}

// readKeyringItem reads an item. One without an access key has no profile.
func readKeyringItem(data []byte) (profile string, key helper.AccessKey, ok bool) {
	var (
		item   keyringItem
		values struct{ AccessKeyID, SecretAccessKey, SessionToken string }
	)
	if json.Unmarshal(data, &item) != nil || item.Key == "" {
		return "", key, false
	}
	isKey := json.Unmarshal(item.Data, &values) == nil && values.AccessKeyID != "" && values.SecretAccessKey != "" && values.SessionToken == ""
	if !isKey || strings.Contains(item.Key, ",") { // as the keys of kept sessions do
		return "", key, true
	}
	return item.Key, helper.AccessKey{ID: values.AccessKeyID, Secret: values.SecretAccessKey}, true
}

// Remove removes the files of the keys, if they hold them still.
func (s *Keyring) Remove(ctx context.Context, taken []Found) error {
	keys, err := keysOf(taken)
	if err != nil {
		return err
	}
	for i, k := range keys {
		path := taken[i].Where
		switch profile, key, err := s.read(ctx, path); {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return err
		case profile != k.profile || key != k.key:
			return fmt.Errorf("%s holds another key by now", path)
		}
		if err := atomicfile.Remove(path); err != nil {
			return err
		}
	}
	return nil
}
