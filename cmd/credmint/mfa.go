package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/mfa"
	"credmint/helper/prompt"
	"credmint/helper/shellword"
	"credmint/keychain"
)

// codes tells MFA codes on behalf of the profile that a program wants to be.
func (a *app) codes(wanted string) *mfa.Codes {
	return &mfa.Codes{Seed: a.seed, Person: codeFor{a, wanted}.ask, Used: a.usedCodes(), Tell: a.progress}
}

// usedCodes remembers which codes AWS has seen.
func (a *app) usedCodes() mfa.Used {
	dir := ""
	if base, err := kept.CacheDir(); err == nil {
		dir = filepath.Join(base, "mfa")
	}
	return mfa.Used{Dir: dir, Now: a.now, Warn: a.warn, Waiting: func(wait time.Duration) {
		a.progress(fmt.Sprintf("waiting %s for the next MFA code, since AWS takes each one once", left(wait+time.Second-1)))
	}}
}

// progress tells a person what takes so long. Programs keep what is on stderr to themselves, so it is shown on the
// terminal where there is one.
func (a *app) progress(text string) {
	if err := (prompt.Terminal{}).Tell("credmint: " + text); err != nil {
		a.tell("credmint: %s", text)
	}
}

// seed fetches a device's seed, if the index says that there is one.
func (a *app) seed(ctx context.Context, serial string) (mfa.Seed, bool, error) {
	k, err := a.keychain()
	if err != nil {
		return mfa.Seed{}, false, err
	}
	item := kept.SeedItem(serial)
	if _, err := k.About(item); errors.Is(err, keychain.ErrNotFound) {
		return mfa.Seed{}, false, nil
	} else if err != nil {
		return mfa.Seed{}, false, err
	}
	value, err := k.Get(ctx, item)
	if errors.Is(err, keychain.ErrNotFound) {
		return mfa.Seed{}, false, advise(fmt.Errorf("the seed of MFA device %s is gone from the keychain: %w", serial, err),
			"run `credmint mfa add --replace %[1]s` to store it again, or `credmint mfa remove %[1]s`", shellword.Argument(serial))
	}
	if err != nil {
		return mfa.Seed{}, false, fmt.Errorf("read the seed of MFA device %s: %w", serial, err)
	}
	seed, err := mfa.ParseSeed(string(value))
	if err != nil {
		return mfa.Seed{}, false, fmt.Errorf("read the seed of MFA device %s: %w", serial, keychain.ErrCorrupt)
	}
	return seed, true, nil
}

// codeFor asks a person for the code that an MFA device shows, on behalf of the profile that a program wants to be.
// Whoever cannot be asked learns what to type.
type codeFor struct {
	*app
	wanted string
}

// maxSlips is how often a person may type what is no code.
const maxSlips = 3

func (a codeFor) ask(ctx context.Context, p *helper.Profile, try int, wait time.Duration) (string, error) {
	text := fmt.Sprintf("credmint: MFA code for profile %s (%s)", p.Name, p.MFASerial)
	switch {
	case try > 1:
		text = "credmint: AWS refused that code (each works once). The next MFA code"
	case wait > 0:
		text += fmt.Sprintf(", which comes in %s: the one before is used", left(wait+time.Second-1))
	}
	for slips := 1; ; slips++ {
		code, err := a.asker.Ask(ctx, prompt.Question{Text: text})
		switch {
		case errors.Is(err, prompt.ErrNobody):
			return "", advise(fmt.Errorf("it needs an MFA code: %w", err),
				"run `credmint login %s` in a terminal; programs are then served from that session", shellword.Argument(a.wanted))
		case err != nil:
			return "", fmt.Errorf("it needs an MFA code: %w", err)
		case mfa.IsCode(code):
			return code, nil
		case slips == maxSlips:
			return "", errors.New("an MFA code is six digits")
		}
		text = "credmint: an MFA code is six digits. The MFA code"
	}
}
