package main

import (
	"errors"
	"fmt"
)

type keychainCmd struct {
	List       keychainListCmd       `cmd:"" help:"List the keychains of this machine: which is in use, what each holds, whether it answers."`
	Use        keychainUseCmd        `cmd:"" help:"Keep new secrets in another keychain; those that there are stay where they are."`
	Migrate    keychainMigrateCmd    `cmd:"" help:"Move every secret into another keychain, and use that one."`
	Passphrase keychainPassphraseCmd `cmd:"" help:"Give the encrypted file another passphrase."`
	Cache      keychainCacheCmd      `cmd:"" help:"Lend the kernel the key of the sessions for a while, so that calls need not ask the keychain (Linux)."`
}

// Help says what the choice is.
func (keychainCmd) Help() string {
	return `The choice is remembered, and credmint never turns to another keychain by itself. CREDMINT_KEYCHAIN in the environment
has the last word.`
}

// mayChoose refuses a choice that the environment would undo with the next secret that is written.
func (a *app) mayChoose(store string) error {
	if env := a.getenv("CREDMINT_KEYCHAIN"); env != "" && env != store {
		return advise(fmt.Errorf("CREDMINT_KEYCHAIN is set, and chooses %q", env), "unset CREDMINT_KEYCHAIN, here and where else it is set, and try again")
	}
	return nil
}

// errNotAll says that some secrets are where they were, each of which has been told of.
var errNotAll = errors.New("not every secret was moved")
