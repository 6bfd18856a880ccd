package main

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/mint"
	"credmint/helper/plaintext"
	"credmint/helper/prompt"
	"credmint/keychain"
	"credmint/keychain/oskeychain"
)

// isKeyFile reports whether a source is a file with an access key in it.
func isKeyFile(name string) bool {
	base := filepath.Base(name)
	return strings.HasSuffix(base, ".csv") || strings.HasSuffix(base, ".env") || strings.HasPrefix(base, ".env")
}

// keyFile is the source of such a file.
func (c *importCmd) keyFile(a *app, path string) plaintext.Source {
	if !strings.HasSuffix(path, ".csv") {
		return &plaintext.EnvFile{Path: path, Profile: c.Profile, Keys: c.keys(a, "")}
	}
	profile := c.Profile
	if profile == "" {
		profile = plaintext.CSVProfile(path)
	}
	return &plaintext.KeyCSV{Path: path, Profile: profile, Keys: c.keys(a, "")}
}

// keyrings are where aws-vault or granted keeps keys: its files, and its collection of the Secret Service.
func (c *importCmd) keyrings(a *app, program string) []plaintext.Source {
	name := "granted-aws-iam-credentials"
	if program == fromAWSVault {
		name = cmp.Or(a.getenv("AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME"), "awsvault")
	}
	items := oskeychain.Collection{Name: name, Getenv: a.getenv}
	return []plaintext.Source{
		c.keyringFiles(a, program),
		&plaintext.Collection{Program: program, Label: name, Items: items, Keys: c.keys(a, program)},
	}
}

// keyringFiles are the files among those.
func (c *importCmd) keyringFiles(a *app, program string) plaintext.Source {
	s := &plaintext.Keyring{
		Program: program, Dir: filepath.Join(kept.Home(), ".granted", "secure-storage-aws-iam-credentials"),
		Keys: c.keys(a, program),
	}
	known := ""
	if program == fromAWSVault {
		s.Dir, known = filepath.Join(kept.Home(), ".awsvault", "keys"), a.getenv("AWS_VAULT_FILE_PASSPHRASE")
		if dir := a.getenv("AWS_VAULT_FILE_DIR"); dir != "" {
			s.Dir = dir
		}
	}
	s.Passphrase = func(ctx context.Context) (string, error) {
		if known != "" {
			return known, nil
		}
		return a.asker.Ask(ctx, prompt.Question{Text: "Passphrase of " + s.Dir})
	}
	return s
}

// keyPlace is where access keys are kept for profiles: what `credmint add` keeps.
type keyPlace struct {
	*app
	from string // the program that kept the key, whose credential_process lines are replaced; or empty
	copy bool   // the key stays where programs find it, so that no line is written
}

func (c *importCmd) keys(a *app, from string) keyPlace { return keyPlace{a, from, c.Copy} }

var _ plaintext.Keys = keyPlace{}

func (p keyPlace) Check(profile string, key helper.AccessKey) error {
	if profile == "" {
		return errors.New("it is to be said with --profile which one gets it")
	}
	path, command, replace, err := p.line(profile)
	if err != nil {
		return err
	}
	if !p.copy {
		if err := awsconfig.CheckProcess(path, profile, command, replace); err != nil {
			return fmt.Errorf("its line cannot be written: %w", err)
		}
	}
	return checkKey(key)
}

func (p keyPlace) Compare(ctx context.Context, profile string, key helper.AccessKey) (found, same bool, err error) {
	k, err := p.keychain()
	if err != nil {
		return false, false, err
	}
	value, err := k.Get(ctx, kept.KeyPrefix+profile)
	if errors.Is(err, keychain.ErrNotFound) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("profile %q: read its access key: %w", profile, err)
	}
	record, err := decodeKey(value)
	if err != nil {
		return false, false, fmt.Errorf("profile %q: read its access key: %w", profile, err)
	}
	same = record.ID == key.ID && subtle.ConstantTimeCompare([]byte(record.Secret), []byte(key.Secret)) == 1
	if about, err := k.About(kept.KeyPrefix + profile); same && (err != nil || about[kept.AboutID] != key.ID) {
		return false, false, nil // a write was cut short: the index, by which profiles find their keys, does not have it
	}
	return true, same, nil
}

// Store keeps a key whether or not AWS can be asked whose it is: it lies in the open, and is better off here even if it
// should be worth nothing.
func (p keyPlace) Store(ctx context.Context, profile string, key helper.AccessKey) error {
	record := keyRecord{ID: key.ID, Secret: key.Secret, Created: p.now().UTC().Format(time.RFC3339)}
	switch id, err := p.identify(ctx, profile, key); {
	case err != nil:
		p.warn(fmt.Errorf("AWS does not say whose %s is, which is stored all the same: %w", key, err))
	case helper.IsRoot(id.ARN):
		p.warn(fmt.Errorf("profile %q: this is the root user's key, which can do anything: delete it in the console", profile))
		fallthrough
	default:
		record.Account, record.ARN = id.AccountID, id.ARN
	}
	k, err := p.keychain()
	if err != nil {
		return err
	}
	return k.Set(ctx, kept.KeyPrefix+profile, record.encode(), record.about())
}

// identify asks AWS whose key it is.
func (a *app) identify(ctx context.Context, profile string, key helper.AccessKey) (mint.Identity, error) {
	config, err := a.awsConfig()
	if err != nil {
		return mint.Identity{}, err
	}
	client, err := config.Client(profile, awsconfig.STS)
	if err != nil {
		return mint.Identity{}, err
	}
	return a.network().CallerIdentity(ctx, &helper.Profile{Name: profile, Kind: helper.UserKey, Client: client}, key)
}

// Serve writes the line by which programs ask for the profile's sessions.
func (p keyPlace) Serve(profile string) error {
	path, command, replace, err := p.line(profile)
	if err != nil {
		return err
	}
	changed, err := awsconfig.SetProcess(path, profile, command, replace)
	if changed {
		p.tell("wrote to %s: credential_process = %s", path, command)
	}
	return err
}

// line is that line, in which file it belongs, and whether it may take the place of the one that stands there.
func (p keyPlace) line(profile string) (path, command string, replace bool, err error) {
	if command, err = processLine(profile); err != nil {
		return "", "", false, err
	}
	config, err := p.kept.LoadConfig()
	if err != nil {
		return "", "", false, err
	}
	lines, err := config.Each("credential_process")
	if err != nil {
		return "", "", false, err
	}
	replace = slices.ContainsFunc(lines, func(set awsconfig.ProfileSetting) bool {
		program, err := awsconfig.ProcessProgram(set.Value)
		return set.Profile == profile && p.from != "" && err == nil && strings.TrimSuffix(filepath.Base(program), ".exe") == p.from
	})
	return awsconfig.ConfigFile(p.getenv, kept.Home()), command, replace, nil
}
