package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"credmint/keychain"
	"credmint/keychain/kernelkeyring"
)

type keychainCacheCmd struct {
	Timeout string `arg:"" optional:"" help:"For how long after the keychain was asked: 10m, say, and an hour at most; or off. Where it is left out, what is set."`
}

// Help promises, and says what it costs.
func (keychainCacheCmd) Help() string {
	return `A session is opened with one key, which every call asks the keychain for. With this the kernel keeps that key for a while
in your keyring of its own (user-keyring(7)), never in a file, and a call takes it from there. Whoever runs as you can read
it there, as they can ask an unlocked keychain. But to lock the keychain does not lock the sessions until the time is up:
"credmint keychain cache off", "credmint forget", "credmint logout" and "credmint remove" end it at once. Access keys and
git passwords are never lent. Where a container bars the kernel's keyring, the keychain is asked as ever.`
}

// Run takes back what was lent by other terms.
func (c *keychainCacheCmd) Run(ctx context.Context, a *app) error {
	if c.Timeout == "" {
		return c.tell(a)
	}
	var life time.Duration
	if c.Timeout != "off" {
		var err error
		if life, err = time.ParseDuration(c.Timeout); err != nil || life < keychain.ShortestLoan || life > keychain.LongestLoan {
			return &usageError{fmt.Errorf("%q is no time between %s and %s, and not \"off\"", c.Timeout, keychain.ShortestLoan, keychain.LongestLoan)}
		}
	}
	k, err := a.keychain()
	if err != nil {
		return err
	}
	switch err := k.Lend(ctx, life); {
	case errors.Is(err, kernelkeyring.ErrUnavailable):
		return advise(err, "nothing has changed: the keychain is asked by every call")
	case err != nil:
		return fmt.Errorf("lend the kernel the key of the sessions: %w", err)
	}
	if err := a.kept.TakeBack(); err != nil {
		return err
	}
	return c.tell(a)
}

func (c *keychainCacheCmd) tell(a *app) error {
	life, now, err := a.kept.Lent()
	switch {
	case err != nil:
		return err
	case life == 0:
		a.tell("the kernel is lent nothing: every call asks the keychain")
	default:
		a.tell("%s", lending(life, now))
	}
	return nil
}

// lending says what a person should know of it.
func lending(life time.Duration, now bool) string {
	has := "has it now"
	if !now {
		has = "does not have it now"
	}
	return fmt.Sprintf("the kernel is lent the key of the sessions for %s after the keychain was asked, and %s; until then, to lock the "+
		"keychain does not lock the sessions: `credmint keychain cache off` does", life, has)
}

// takeBack ends what the kernel was lent, where a person ends something.
func (a *app) takeBack() {
	if err := a.kept.TakeBack(); err != nil {
		a.warn(err)
	}
}
