package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"credmint/cache"
	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/mint"
	"credmint/helper/prompt"
	"credmint/keychain"
)

// What a whole call of a program may take, questions included, and how much of that it may wait for another process.
const (
	callLimit = 50 * time.Second
	lockWait  = 40 * time.Second
)

// app is the composition: the only place that knows concrete types. What it needs of the world are its fields; what it
// builds, it builds when a command first asks for it.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
	asker          prompt.Asker

	choice  string // which keychain, when a person named one
	warned  map[string]bool
	opened  *keychain.Keychain
	sealing []byte
	config  *awsconfig.Config
}

func newApp() *app {
	return &app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, now: time.Now, asker: prompt.Chosen{Getenv: os.Getenv},
	}
}

// home is the user's, and empty where nothing says where that is: files are then looked for nowhere.
func home() string {
	dir, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return dir
}

// dataDir is where the index of the keychain is, and the file keychain.
func (a *app) dataDir() (string, error) {
	var base string
	switch runtime.GOOS {
	case "windows":
		base = a.getenv("LocalAppData")
	case "darwin":
		base = filepath.Join(home(), "Library", "Application Support")
	default:
		if base = a.getenv("XDG_DATA_HOME"); base == "" {
			base = filepath.Join(home(), ".local", "share")
		}
	}
	if !filepath.IsAbs(base) {
		return "", errors.New("there is no home directory: HOME is not set")
	}
	return filepath.Join(base, "credmint"), nil
}

// keychain opens the chosen store of secrets; nothing is asked of it yet.
func (a *app) keychain() (*keychain.Keychain, error) {
	if a.opened != nil {
		return a.opened, nil
	}
	dir, err := a.dataDir()
	if err != nil {
		return nil, err
	}
	choice := a.choice
	if choice == "" {
		choice = a.getenv("CREDMINT_KEYCHAIN")
	}
	a.opened, err = keychain.Open(keychain.Options{
		Dir: dir, Choice: choice, Getenv: a.getenv, Passphrase: a.passphrase,
	})
	return a.opened, err
}

// passphrase opens the file keychain: from the environment's hints, else asked of a person.
func (a *app) passphrase(ctx context.Context, confirm bool) ([]byte, error) {
	return keychain.Passphrase(ctx, a.getenv, func(ctx context.Context) ([]byte, error) {
		text := "Passphrase of credmint's file keychain"
		if confirm {
			text = "New passphrase for credmint's file keychain"
		}
		first, err := a.asker.Ask(ctx, prompt.Question{Text: text})
		if err != nil || !confirm {
			return []byte(first), err
		}
		second, err := a.asker.Ask(ctx, prompt.Question{Text: "The same again"})
		if err == nil && first != second {
			err = errors.New("the two passphrases differ")
		}
		return []byte(first), err
	})
}

// aws reads the shared AWS files, once.
func (a *app) awsConfig() (*awsconfig.Config, error) {
	if a.config != nil {
		return a.config, nil
	}
	config, err := awsconfig.Load(a.getenv, home())
	a.config = config
	return config, err
}

// profile resolves a name; empty is $AWS_PROFILE, else "default".
func (a *app) profile(name string) (*helper.Profile, error) {
	config, err := a.awsConfig()
	if err != nil {
		return nil, err
	}
	p, err := config.Profile(a.profileName(name), a.keyRef)
	if errors.Is(err, awsconfig.ErrNoProfile) {
		return nil, advise(err, "run `credmint add %s` to store an access key, or `credmint list` to see the profiles", a.profileName(name))
	}
	return p, err
}

func (a *app) profileName(name string) string {
	if name == "" {
		name = a.getenv("AWS_PROFILE")
	}
	if name == "" {
		name = "default"
	}
	return name
}

// The names of what the keychain keeps, and of what its index says about an access key.
const (
	keyPrefix   = "aws/"
	gitPrefix   = "git/" // gitcred's
	sealingItem = "cache-key"

	aboutID      = "access_key_id"
	aboutAccount = "account"
	aboutARN     = "arn"
	aboutCreated = "created" // RFC 3339
)

// keyRef learns from the index which access key a profile has; the keychain itself is not asked.
func (a *app) keyRef(profile string) (helper.KeyRef, bool, error) {
	k, err := a.keychain()
	if err != nil {
		return helper.KeyRef{}, false, err
	}
	about, err := k.About(keyPrefix + profile)
	if errors.Is(err, keychain.ErrNotFound) {
		return helper.KeyRef{}, false, nil
	}
	return refOf(profile, about), err == nil, err
}

func refOf(profile string, about map[string]string) helper.KeyRef {
	return helper.KeyRef{
		Place: helper.InKeychain, Profile: profile,
		ID: about[aboutID], AccountID: about[aboutAccount], UserARN: about[aboutARN],
	}
}

// source composes everything that answers with sessions: what is kept, and how each kind is minted. wanted is the profile
// that a program asked for, which a person will be told of.
func (a *app) source(wanted string) *helper.Reuse {
	r := &helper.Reuse{Store: a.sessions(), Now: a.now, Warn: a.warn, Renew: a.renewBehind}
	network, code := &mint.Network{}, codeFor{a, wanted}.ask
	r.Next = mint.ByKind{
		helper.UserKey: &mint.SessionToken{Keys: a.accessKey, MFA: code, Now: a.now, Network: network},
		helper.Role:    &mint.AssumeRole{Base: r, Keys: a.accessKey, MFA: code, Now: a.now, Network: network},
		helper.RawKey:  &mint.Given{Credentials: a.credentials},
		helper.Given:   &mint.Given{Credentials: a.credentials},
	}
	return r
}

// sessions is where sessions are kept between runs.
func (a *app) sessions() sessions {
	base, err := os.UserCacheDir()
	if err != nil {
		return sessions{broken: fmt.Errorf("sessions are not kept: %w", err)}
	}
	return sessions{dir: cache.Dir{
		Path: filepath.Join(base, "credmint", "sessions"), SealingKey: a.sealingKey, Now: a.now, Wait: lockWait,
	}}
}

// sealingKey reads the key that sessions are sealed with, and on a clean not-found makes it if it may: the keychain sees
// to it that one process does.
func (a *app) sealingKey(ctx context.Context, create bool) ([]byte, error) {
	if a.sealing != nil {
		return a.sealing, nil
	}
	k, err := a.keychain()
	if err != nil {
		return nil, err
	}
	key, err := k.Get(ctx, sealingItem)
	if create && errors.Is(err, keychain.ErrNotFound) {
		err = k.Update(ctx, sealingItem, func(old []byte) ([]byte, map[string]string, error) {
			if old == nil {
				old = make([]byte, cache.KeySize)
				_, _ = rand.Read(old) // never fails
			}
			key = old
			return old, nil, nil
		})
	}
	if err == nil {
		a.sealing = key
	}
	return key, err
}

// accessKey fetches a long-lived key from where it lives.
func (a *app) accessKey(ctx context.Context, ref helper.KeyRef) (helper.AccessKey, error) {
	s, err := a.credentials(ctx, ref)
	return helper.AccessKey{ID: s.AccessKeyID, Secret: s.SecretAccessKey}, err
}

// credentials fetches a key, and the session token beside it where there is one, from where they live.
func (a *app) credentials(ctx context.Context, ref helper.KeyRef) (helper.Session, error) {
	switch ref.Place {
	case helper.InEnvironment:
		return helper.Session{
			AccessKeyID: a.getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: a.getenv("AWS_SECRET_ACCESS_KEY"),
			SessionToken: a.getenv("AWS_SESSION_TOKEN"),
		}, nil
	case helper.InFile:
		config, err := a.awsConfig()
		if err != nil {
			return helper.Session{}, err
		}
		return config.Credentials(ref.Profile)
	}
	k, err := a.keychain()
	if err != nil {
		return helper.Session{}, err
	}
	value, err := k.Get(ctx, keyPrefix+ref.Profile)
	if errors.Is(err, keychain.ErrNotFound) {
		return helper.Session{}, advise(fmt.Errorf("profile %q: its access key is gone from the keychain: %w", ref.Profile, err),
			"run `credmint add --replace %s` with a key from IAM", ref.Profile)
	}
	if err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: read its access key: %w", ref.Profile, err)
	}
	record, err := decodeKey(value)
	if err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: read its access key: %w", ref.Profile, err)
	}
	if record.ID != ref.ID {
		return helper.Session{}, a.mendIndex(ctx, k, ref.Profile, value, record)
	}
	return helper.Session{AccessKeyID: record.ID, SecretAccessKey: record.Secret}, nil
}

// mendIndex writes the index entry of a key again, after a write that was cut short. Whose session was asked for is
// unclear then, so there is none this time.
func (a *app) mendIndex(ctx context.Context, k *keychain.Keychain, profile string, value []byte, record keyRecord) error {
	if err := k.Set(ctx, keyPrefix+profile, value, record.about()); err != nil {
		return fmt.Errorf("profile %q: the index names another key than the keychain: %w", profile, err)
	}
	return advise(fmt.Errorf("profile %q: the index named another key than the keychain has, and is mended", profile), "try again")
}
