package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/filelock"
	"credmint/helper/mint"
	"credmint/helper/prompt"
	"credmint/helper/shellword"
	"credmint/keychain"
	"credmint/keychain/oskeychain"
	"credmint/keychain/passphrase"
)

// callLimit is what a whole call of a program may take, questions included.
const callLimit = 50 * time.Second

// app is the composition: the only place that knows concrete types. What it needs of the world are its fields; what it
// builds, it builds when a command first asks for it.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
	asker          prompt.Asker
	person         mint.Person        // who may be sent to a browser; nil: nobody typed this command
	anew           bool               // the person wants to sign in, whatever is kept
	program        string             // what this process runs, and answers, instead of the program that started it
	behind         bool               // this process renews what is still being served
	offered        *mint.RolesOffered // a sign-in of which the person has chosen a role since
	called         bool               // a program waits for the answer; else a person does

	kept   *kept.World
	warned map[string]bool
}

func newApp() *app {
	a := &app{
		stdin: kept.Stdin(), stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, now: time.Now, asker: prompt.Chosen{Getenv: os.Getenv},
	}
	a.kept = &kept.World{
		Getenv: a.getenv, Now: a.now, OS: oskeychain.Open(a.getenv), Other: a.otherStore,
		NewLock: filelock.New, Random: rand.Reader,
	}
	a.kept.GoOn()
	return a
}

// passphrase opens the file keychain: from the environment's hints, else asked of a person.
func (a *app) passphrase(ctx context.Context, confirm bool) ([]byte, error) {
	return passphrase.Find(ctx, a.getenv, func(ctx context.Context) ([]byte, error) {
		if confirm {
			return a.newPassphrase(ctx)
		}
		text, err := a.asker.Ask(ctx, prompt.Question{Text: "Passphrase of credmint's file keychain"})
		return []byte(text), err
	})
}

// newPassphrase asks a person for one, twice.
func (a *app) newPassphrase(ctx context.Context) ([]byte, error) {
	first, err := a.asker.Ask(ctx, prompt.Question{Text: "New passphrase for credmint's file keychain"})
	if err != nil {
		return nil, err
	}
	second, err := a.asker.Ask(ctx, prompt.Question{Text: "The same again"})
	if err == nil && first != second {
		err = errors.New("the two passphrases differ")
	}
	return []byte(first), err
}

// keychain is the chosen store of secrets.
func (a *app) keychain() (*keychain.Keychain, error) { return a.kept.Keychain() }

// secrets is the keychain for those who ask for one of its items or another.
func (a *app) secrets() kept.Secrets { return kept.Secrets{World: a.kept} }

// awsConfig is the shared AWS files.
func (a *app) awsConfig() (*awsconfig.Config, error) { return a.kept.Config() }

// profileName is the profile that is meant by a name that may be empty.
func (a *app) profileName(name string) string { return a.kept.ProfileName(name) }

// keyRef learns which access key a profile has.
func (a *app) keyRef(profile string) (helper.KeyRef, bool, error) { return a.kept.KeyRef(profile) }

// profile resolves a name; empty is $AWS_PROFILE, else "default".
func (a *app) profile(name string) (*helper.Profile, error) {
	p, err := a.kept.Profile(name)
	if err != nil {
		return nil, a.astray(err)
	}
	return p, nil
}

// gitPrefix begins the names of the git logins that the keychain keeps: gitcred's.
const gitPrefix = "git/"

// source composes everything that answers with sessions: what is kept, and how each kind is minted. wanted is the profile
// that a program asked for, which a person will be told of.
func (a *app) source(wanted string) *helper.Reuse {
	r := &helper.Reuse{
		Store: a.sessions(), Now: a.now, Warn: a.warn, Unattended: a.kept.Unattended,
		Renew: func(p *helper.Profile) { a.renewBehind(wanted, p) },
	}
	r.Next = a.watched(wanted, a.minters(wanted, r))
	return r
}

// minters make the sessions of each kind. base answers for the links that they are made from.
func (a *app) minters(wanted string, base *helper.Reuse) mint.ByKind {
	network := a.network()
	code := func(ctx context.Context, p *helper.Profile, try int) (string, error) {
		return a.codes(wanted).Code(ctx, p, try)
	}
	secrets := &mint.SecretsManager{Base: base, Network: network}
	keys := func(ctx context.Context, p *helper.Profile) (helper.AccessKey, error) {
		if p.KeyRef.Place == helper.InSecretsManager {
			return secrets.AccessKey(ctx, p)
		}
		return a.accessKey(ctx, p.KeyRef)
	}
	return mint.ByKind{
		helper.UserKey:    &mint.SessionToken{Keys: keys, MFA: code, Now: a.now, Network: network},
		helper.Role:       &mint.AssumeRole{Base: base, Keys: keys, MFA: code, Now: a.now, Network: network},
		helper.Federation: &mint.FederationToken{Keys: keys, Now: a.now, Network: network},
		helper.RootTask:   &mint.AssumeRoot{Base: base, Now: a.now, Network: network},
		helper.RawKey:     &mint.Given{Credentials: a.credentials},
		helper.Given:      &mint.Given{Credentials: a.credentials},
		helper.SSORole:    &mint.SSORole{Tokens: base, Now: a.now, Network: network},
		helper.SSOSignIn: &mint.SSOSignIn{
			Secrets: a.secrets(), CLI: cliTokens(), Person: a.person, For: wanted, Anew: a.anew,
			Now: a.now, Warn: a.warn, Pause: mint.Pause, Network: network,
		},
		helper.SAML: &mint.SAML{
			Person: a.person, For: wanted, Stderr: a.stderr, Warn: a.warn, Offered: a.offered, Now: a.now, Network: network,
		},
		helper.Process:     &mint.Process{Now: a.now, Stderr: a.stderr},
		helper.Container:   &mint.Container{Getenv: a.getenv, Now: a.now, Network: network},
		helper.Instance:    &mint.Instance{Now: a.now, Network: network},
		helper.WebIdentity: &mint.WebIdentity{Stderr: a.stderr, Now: a.now, Network: network},
		helper.Login:       a.consoleLogin(wanted, network),

		helper.RolesAnywhere: &mint.RolesAnywhere{Password: codeFor{a, wanted}.certificatePassword, Now: a.now, Network: network},
	}
}

// sessions is where sessions are kept between runs.
func (a *app) sessions() sessions {
	s := sessions{Sessions: a.kept.Sessions(), askAhead: a.kept.AskAhead}
	if a.person != nil {
		s.waiting = a.tellWaiting
	}
	return s
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
		return a.kept.EnvironmentCredentials(), nil
	case helper.InFile:
		config, err := a.awsConfig()
		if err != nil {
			return helper.Session{}, err
		}
		return config.Credentials(ref.Profile)
	}
	if err := a.believeConfig(); err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: %w", ref.Profile, err)
	}
	k, err := a.keychain()
	if err != nil {
		return helper.Session{}, err
	}
	value, err := k.Get(ctx, kept.KeyPrefix+ref.Profile)
	if errors.Is(err, keychain.ErrNotFound) {
		return helper.Session{}, advise(fmt.Errorf("profile %q: its access key is gone from the keychain: %w", ref.Profile, err),
			"run `credmint add --replace %s` with a key from IAM", shellword.Argument(ref.Profile))
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
	if err := k.Set(ctx, kept.KeyPrefix+profile, value, record.about()); err != nil {
		return fmt.Errorf("profile %q: the index names another key than the keychain: %w", profile, err)
	}
	return advise(fmt.Errorf("profile %q: the index named another key than the keychain has, and is mended", profile), "try again")
}
