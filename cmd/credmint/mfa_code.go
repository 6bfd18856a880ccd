package main

import (
	"context"
	"fmt"

	"credmint/helper/shellword"
)

type mfaCodeCmd struct{ mfaDevice }

// Run prints a code that nobody has used, which may have to be waited for. It counts as used then.
func (c *mfaCodeCmd) Run(ctx context.Context, a *app) error {
	serial, err := c.serial(ctx, a)
	if err != nil {
		return err
	}
	seed, kept, err := a.seed(ctx, serial)
	if err != nil {
		return err
	}
	if !kept {
		return advise(fmt.Errorf("no seed of MFA device %s is kept", serial), "run `credmint mfa add %s`", shellword.Argument(c.Device))
	}
	at, err := a.usedCodes().Take(ctx, serial, seed.Period(), false)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, seed.Code(at))
	return err
}
