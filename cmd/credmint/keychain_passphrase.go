package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"credmint/keychain"
)

type keychainPassphraseCmd struct {
	Stdin bool `help:"Read the new passphrase from stdin: its first line."`
}

// Run takes the old passphrase from where programs find it, or from a person, and the new one from neither of those hints.
func (c *keychainPassphraseCmd) Run(ctx context.Context, a *app) error {
	k, err := a.keychain()
	if err != nil {
		return err
	}
	fresh := a.newPassphrase
	if c.Stdin {
		fresh = func(context.Context) ([]byte, error) { return firstLine(a.stdin) }
	}
	err = k.ChangePassphrase(ctx, fresh)
	if errors.Is(err, keychain.ErrNotFound) {
		return advise(errors.New("the encrypted file is not in use, and has no passphrase yet"), "`credmint keychain use file` makes it")
	}
	if err != nil {
		return err
	}
	a.tell("the encrypted file has another passphrase; the old one opens it no more")
	for _, name := range []string{"CREDMINT_PASSPHRASE", "CREDMINT_PASSPHRASE_FILE", "CREDMINT_PASSPHRASE_COMMAND"} {
		if a.getenv(name) != "" {
			a.tell("%s is set, and tells the old one still: change that too", name)
			break
		}
	}
	return nil
}

// maxNewPassphrase is what passphrase.Find takes.
const maxNewPassphrase = 4096

func firstLine(r io.Reader) ([]byte, error) {
	line, err := bufio.NewReader(io.LimitReader(r, maxNewPassphrase+2)).ReadBytes('\n')
	line = bytes.TrimRight(line, "\r\n")
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case len(line) > maxNewPassphrase:
		return nil, errors.New("the passphrase is too long")
	}
	return line, nil
}
