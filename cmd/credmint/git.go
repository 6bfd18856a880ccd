package main

import (
	"context"
	"errors"
	"fmt"

	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/codecommit"
	"credmint/helper/gitcred"
)

type gitCmd struct {
	Profile string `help:"The profile that signs for CodeCommit; the environment's credentials, $AWS_PROFILE, or \"default\", where it is left out."`
	Action  string `arg:"" help:"get, store, erase or capability; git gives it."`
}

// Run answers git. Its exit status means nothing to git for get, so what is printed is all that counts.
func (c *gitCmd) Run(ctx context.Context, a *app) error {
	ctx, cancel := limit(ctx)
	defer cancel()
	return gitcred.Serve(ctx, c.Action, a.stdin, a.stdout, &codecommit.Helper{
		Session: func(ctx context.Context) (helper.Session, error) { return a.signer(ctx, c.Profile) },
		Saved:   gitcred.Saved{Secrets: logins{a}, Now: a.now},
		Now:     a.now,
	})
}

// signer is the session that signs for CodeCommit: the named profile's, else the environment's credentials, else that
// of $AWS_PROFILE or "default".
func (a *app) signer(ctx context.Context, profile string) (helper.Session, error) {
	config, err := a.awsConfig()
	if err != nil {
		return helper.Session{}, err
	}
	if profile == "" {
		p, err := config.Environment()
		if err != nil {
			return helper.Session{}, err
		}
		if p != nil {
			return a.credentials(ctx, p.KeyRef) // as they are: there is nothing to gain from a session of them
		}
	}
	s, err := a.session(ctx, profile)
	if profile == "" && errors.Is(err, awsconfig.ErrNoProfile) {
		err = fmt.Errorf("%w: %w", codecommit.ErrNoProfile, err)
	}
	return s, err
}

// logins is the keychain, opened when the first login is asked for.
type logins struct{ *app }

var _ gitcred.Secrets = logins{}

func (l logins) Get(ctx context.Context, name string) ([]byte, error) {
	k, err := l.keychain()
	if err != nil {
		return nil, err
	}
	return k.Get(ctx, name)
}

func (l logins) Update(ctx context.Context, name string, change func([]byte) ([]byte, map[string]string, error)) error {
	k, err := l.keychain()
	if err != nil {
		return err
	}
	return k.Update(ctx, name, change)
}
