package main

import (
	"context"
	"errors"
	"fmt"

	"credmint/cmd/credmint/kept"
	"credmint/keychain"
)

type mfaRemoveCmd struct {
	mfaDevice
	Yes bool `short:"y" help:"Do not ask."`
}

// Run asks first: the console shows a seed to nobody again.
func (c *mfaRemoveCmd) Run(ctx context.Context, a *app) error {
	serial, err := c.serial(ctx, a)
	if err != nil {
		return err
	}
	k, err := a.keychain()
	if err != nil {
		return err
	}
	item := kept.SeedItem(serial)
	if _, err := k.About(item); errors.Is(err, keychain.ErrNotFound) {
		return advise(fmt.Errorf("no seed of MFA device %s is kept", serial), "run `credmint mfa list` to see those that are")
	} else if err != nil {
		return err
	}
	question := fmt.Sprintf("Remove the seed of MFA device %s? Who has it nowhere else cannot use the device any more [y/N]", serial)
	if err := a.confirm(ctx, c.Yes, question, "add --yes to remove it without being asked"); err != nil {
		return err
	}
	if err := k.Delete(ctx, item); err != nil && !errors.Is(err, keychain.ErrNotFound) {
		return fmt.Errorf("remove the seed of MFA device %s: %w", serial, err)
	}
	a.tell("removed the seed of MFA device %s; in IAM the device is as it was", serial)
	return nil
}
