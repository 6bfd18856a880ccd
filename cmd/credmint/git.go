package main

import (
	"context"
	"errors"
	"fmt"

	"credmint/cmd/credmint/kept"
	"credmint/helper/codecommit"
	"credmint/helper/gitcred"
)

type gitCmd struct {
	Profile string `placeholder:"PROFILE" help:"For get: the profile that signs for CodeCommit; where it is left out, credmint explain --git URL says which."`

	Get        gitActionCmd       `cmd:"" help:"Answer with a login; git asks for it."`
	Store      gitActionCmd       `cmd:"" help:"Keep a login that a server has taken; git says so."`
	Erase      gitActionCmd       `cmd:"" help:"Forget a login that a server has refused; git says so."`
	Capability gitActionCmd       `cmd:"" help:"Say what of git's protocol is known here."`
	Other      gitOtherCmd        `cmd:"" hidden:"" default:"withargs"`
	List       gitListCmd         `cmd:"" group:"Git:" help:"List the logins that are kept; the keychain is not asked."`
	Remove     gitRemoveCmd       `cmd:"" group:"Git:" help:"Remove logins of a host for good."`
	AppKey     gitAppKeyCmd       `cmd:"" group:"Git:" help:"Keep the private key of a GitHub App."`
	Secret     gitClientSecretCmd `cmd:"" group:"Git:" name:"client-secret" help:"Keep the secret of an OAuth client of a git host."`
	Restore    gitRestoreCmd      `cmd:"" group:"Git:" help:"Take back an erasure that did not name the password."`
}

// gitActionCmd is a word of git's protocol.
type gitActionCmd struct{}

// gitOtherCmd is a word of a later git's. It is passed over, as gitcredentials(7) asks of helpers; but a person who typed it
// meant another one.
type gitOtherCmd struct {
	Action string `arg:""`
}

func (c gitOtherCmd) Run(_ context.Context, a *app) error {
	if a.attended() {
		return &usageError{fmt.Errorf("unexpected argument %s", c.Action)}
	}
	return nil
}

// Say answers git. Its exit status means nothing to git for get, so what is printed is all that counts.
func (c *gitCmd) Say(ctx context.Context, a *app, action string) error {
	ctx, cancel := a.limit(ctx)
	defer cancel()
	a.asker = gitAsker{a.asker, a.getenv}
	err := gitcred.Serve(ctx, action, a.stdin, a.stdout, &codecommit.Helper{
		Signers: a.signers(c.Profile),
		Saved:   a.gitSecrets(a.forge()),
		Now:     a.now,
	})
	if errors.Is(err, codecommit.ErrNoProfile) {
		return advise(err, "run `credmint setup git --profile PROFILE`, which has that profile sign for CodeCommit")
	}
	return err
}

// savedLogins are those the keychain has.
func (a *app) savedLogins() gitcred.Saved { return a.kept.Logins() }

// signers are those whose sessions may sign for CodeCommit; a session that is not kept is minted.
func (a *app) signers(line string) kept.Signers {
	return kept.Signers{World: a.kept, Line: line, Answer: a.signing, Warn: a.warn}
}
