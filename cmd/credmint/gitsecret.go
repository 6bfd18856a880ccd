package main

import (
	"context"
	"time"

	"credmint/helper"
	"credmint/helper/gitsecret"
	"credmint/helper/mint"
)

// gitSecrets answers for the hosts whose passwords a team keeps in AWS Secrets Manager, and lets next answer for the rest.
func (a *app) gitSecrets(next gitsecret.Logins) gitsecret.Helper {
	return gitsecret.Helper{
		Next: next, Places: func() ([]gitsecret.Place, error) { return a.kept.GitSecrets(a.warn) },
		Ambient: a.getenv("AWS_PROFILE"), Read: a.readSecret, Forget: a.forgetSecret, Warn: a.warn,
	}
}

// readSecret keeps a secret's text as sessions are kept: it is one more link of the profile's chain.
func (a *app) readSecret(ctx context.Context, p gitsecret.Place) (string, time.Time, error) {
	link, err := a.secretLink(p)
	if err != nil {
		return "", time.Time{}, err
	}
	s, err := a.madeWith(ctx, link, func(base helper.Source) helper.Source {
		return &mint.SecretText{Secrets: &mint.SecretsManager{Base: base, Network: a.network()}, Now: a.now}
	})
	if err != nil {
		return "", time.Time{}, err
	}
	text, err := mint.TextOf(s)
	return text, s.Expires, err
}

func (a *app) forgetSecret(_ context.Context, p gitsecret.Place) error {
	link, err := a.secretLink(p)
	if err != nil {
		return err
	}
	_, err = a.sessions().of(link.Source).drop(link)
	return err
}

func (a *app) secretLink(p gitsecret.Place) (*helper.Profile, error) {
	reader, err := a.profile(p.Profile)
	if err != nil {
		return nil, err
	}
	config, err := a.awsConfig()
	if err != nil {
		return nil, err
	}
	ref, err := config.Secret(p.Profile, p.SecretID)
	if err != nil {
		return nil, err
	}
	return &helper.Profile{
		Name: p.Profile, Kind: helper.SecretText, Source: reader, Client: ref.Client, Inputs: &helper.Secret{ID: p.SecretID},
	}, nil
}
