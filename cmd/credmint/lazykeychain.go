package main

import (
	"context"

	"credmint/helper/dockercred"
	"credmint/helper/gitcred"
	"credmint/helper/mint"
)

// lazyKeychain is the keychain, opened when a secret is first asked for.
type lazyKeychain struct{ *app }

var (
	_ gitcred.Secrets    = lazyKeychain{}
	_ dockercred.Secrets = lazyKeychain{}
	_ mint.Secrets       = lazyKeychain{}
)

func (l lazyKeychain) Get(ctx context.Context, name string) ([]byte, error) {
	k, err := l.keychain()
	if err != nil {
		return nil, err
	}
	return k.Get(ctx, name)
}

func (l lazyKeychain) Update(ctx context.Context, name string, change func([]byte) ([]byte, map[string]string, error)) error {
	k, err := l.keychain()
	if err != nil {
		return err
	}
	return k.Update(ctx, name, change)
}

// About asks the index alone.
func (l lazyKeychain) About(prefix string) ([]map[string]string, error) {
	k, err := l.keychain()
	if err != nil {
		return nil, err
	}
	entries, err := k.List(prefix)
	var abouts []map[string]string
	for _, e := range entries {
		abouts = append(abouts, e.About)
	}
	return abouts, err
}
