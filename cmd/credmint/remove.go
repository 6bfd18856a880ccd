package main

import (
	"context"
	"errors"
	"fmt"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/prompt"
	"credmint/keychain"
)

type removeCmd struct {
	Profile string `arg:"" optional:"" help:"The profile whose key is removed; picked from a list where it is left out."`
	Yes     bool   `short:"y" help:"Do not ask."`
	Config  bool   `default:"true" negatable:"" help:"Remove the profile's credential_process line from ~/.aws/config too."`
}

// Run removes the key last, so that whatever fails before leaves it.
func (c *removeCmd) Run(ctx context.Context, a *app) error {
	var err error
	if c.Profile, err = a.named(ctx, c.Profile, "<profile>", hasKey); err != nil {
		return err
	}
	ref, found, err := a.keyRef(c.Profile)
	if err != nil {
		return err
	}
	if !found {
		return advise(fmt.Errorf("profile %q: no access key is stored for it", c.Profile), "run `credmint list` to see the profiles")
	}
	question := fmt.Sprintf("Remove access key %s of profile %s? AWS shows its secret to nobody again [y/N]", ref.ID, c.Profile)
	if err := a.confirm(ctx, c.Yes, question, "add --yes to remove it without being asked"); err != nil {
		return err
	}
	a.takeBack()
	if p, err := a.profile(c.Profile); err == nil {
		if err := a.forget(p); err != nil {
			a.warn(err)
		}
	}
	if c.Config {
		path := awsconfig.ConfigFile(a.getenv, kept.Home())
		changed, err := awsconfig.UnsetProcess(path, c.Profile)
		if err != nil {
			return err
		}
		if changed {
			a.tell("removed the profile's credential_process line from %s", path)
		}
	}
	k, err := a.keychain()
	if err != nil {
		return err
	}
	if err := k.Delete(ctx, kept.KeyPrefix+c.Profile); err != nil && !errors.Is(err, keychain.ErrNotFound) {
		return fmt.Errorf("profile %q: remove its access key: %w", c.Profile, err)
	}
	switch old, err := a.dropRotation(ctx, c.Profile); {
	case err != nil:
		return err
	case old != "" && old != ref.ID:
		a.tell("forgot access key %s too, which a rotation had retired", old)
	}
	a.tell("removed access key %s of profile %s; it still exists in IAM until you delete it there", ref.ID, c.Profile)
	return nil
}

// hasKey holds for profiles whose own access key is in the keychain.
func hasKey(p *helper.Profile) bool {
	return p != nil && p.KeyRef.Place == helper.InKeychain && p.KeyRef.Profile == p.Name
}

type forgetCmd struct {
	Profile string `arg:"" optional:"" help:"Drop this profile's session, those it is made from, and what was made with them; picked from a list where it is left out, and all where nobody can be asked."`
	All     bool   `help:"Drop all that is kept."`
}

// everySession stands for all profiles in the list to pick from. No section of a file can have such a name.
const everySession = "[all]"

func (c *forgetCmd) Run(ctx context.Context, a *app) error {
	defer a.takeBack()
	switch {
	case c.All && c.Profile != "":
		return &usageError{errors.New("--all leaves no profile to name")}
	case c.Profile == "" && !c.All:
		picked, err := a.choose(ctx, anyProfile, prompt.Item{Name: everySession, About: "every session that is kept"})
		if err != nil && !errors.Is(err, prompt.ErrNobody) {
			return err
		}
		c.Profile, c.All = picked, picked == "" || picked == everySession
	}
	if c.All {
		if err := a.sessions().Dir.DeleteAll(); err != nil {
			return err
		}
		a.tell("dropped all sessions")
		return nil
	}
	p, err := a.profile(c.Profile)
	if err != nil {
		return err
	}
	if err := a.forget(p); err != nil {
		return err
	}
	a.tell("dropped the sessions of %s", c.Profile)
	return nil
}

// forget drops the sessions of a whole chain, and what was made with them.
func (a *app) forget(p *helper.Profile) error {
	for _, link := range p.Links() {
		if _, err := a.sessions().drop(link); err != nil {
			return err
		}
	}
	return nil
}
