package main

import (
	"cmp"
	"context"

	"credmint/cmd/credmint/kept"
	"credmint/helper/shellword"
	"credmint/keychain"
)

type keychainUseCmd struct {
	Store string `arg:"" names:"store" help:"The keychain, as \"credmint keychain list\" shows it."`
}

// Run tries the store before it is chosen.
func (c *keychainUseCmd) Run(ctx context.Context, a *app) error {
	k, err := a.use(ctx, c.Store)
	if err != nil {
		return err
	}
	entries, err := k.List("")
	if err != nil {
		return err
	}
	elsewhere := 0
	for _, e := range entries {
		if e.Store != c.Store {
			elsewhere++
		}
	}
	a.tell("new secrets go into %s: %s", c.Store, a.storeWhat(c.Store))
	if elsewhere > 0 {
		a.tell("%s where before: `credmint keychain migrate %s` moves what is there", stay(elsewhere), shellword.Quote(c.Store))
	}
	return nil
}

func stay(n int) string {
	if n == 1 {
		return "1 secret is"
	}
	return count(n, "secret") + " are"
}

// use chooses a store, and takes along the key that sessions are sealed with. Where that cannot be had a new one is made:
// it costs the sessions that are kept, and nothing else.
func (a *app) use(ctx context.Context, store string) (*keychain.Keychain, error) {
	if err := cmp.Or(a.knownStore(store), a.mayChoose(store)); err != nil {
		return nil, err
	}
	k, err := a.keychain()
	if err != nil {
		return nil, err
	}
	left, err := k.Use(ctx, store, kept.Unlisted()...)
	if err == nil {
		a.takeBack() // what the kernel was lent came from the other one
	}
	if left != nil {
		a.warn(left)
		a.tell("sessions are sealed with a new key, and so minted once more")
	}
	return k, err
}
