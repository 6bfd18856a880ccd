package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"credmint/helper/doctor"
	"credmint/helper/prompt"
	"credmint/keychain"
)

// keychainCheck writes a value to the keychain, reads it back and removes it.
type keychainCheck struct{ *app }

func (keychainCheck) Name() string { return "keychain" }

// slowKeychain is what a question may take before it is felt: every call of a program asks one.
const slowKeychain = 300 * time.Millisecond

func (c keychainCheck) Look(ctx context.Context) ([]doctor.Finding, error) {
	found, err := c.probe(ctx)
	if life, now, failed := c.kept.Lent(); failed == nil && life > 0 {
		found = append(found, fine("%s", lending(life, now)))
	}
	return found, err
}

func (c keychainCheck) probe(ctx context.Context) ([]doctor.Finding, error) {
	k, err := c.keychain()
	if err != nil {
		return nil, err
	}
	what := "the keychain " + k.Choice()
	switch k.Choice() {
	case keychain.OS:
		what = "the system's keychain"
	case keychain.File:
		what = "the encrypted file"
		kept, err := k.List("")
		if err != nil || len(kept) == 0 { // to try it would be to make it, with a new passphrase
			return []doctor.Finding{fine("the encrypted file is chosen, and nothing is kept in it yet")}, err
		}
	}
	read, err := k.Probe(ctx)
	switch {
	case errors.Is(err, prompt.ErrNobody):
		return []doctor.Finding{fine("%s is there; its passphrase is asked for when it is needed, and it was not opened now", what)}, nil
	case errors.Is(err, keychain.ErrUnavailable) && k.Choice() == keychain.OS && inWSL(c.getenv):
		return nil, advise(fmt.Errorf("%s: %w; WSL starts no Secret Service by itself", what, err),
			"credmint keychain use file   # an encrypted file; or leave the secrets to Windows: credmint setup aws --windows")
	case err != nil:
		return nil, fmt.Errorf("%s: %w", what, err)
	case read > slowKeychain:
		return []doctor.Finding{warning("%s keeps what it is given, but takes %d ms to answer, and every call of a program waits for it", what, read.Milliseconds())}, nil
	}
	return []doctor.Finding{fine("%s keeps what it is given, and answers in %s", what, max(read, time.Millisecond).Round(time.Millisecond))}, nil
}
