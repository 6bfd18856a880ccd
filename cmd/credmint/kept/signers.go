package kept

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/codecommit"
)

// Signers are those whose sessions may sign for CodeCommit. It looks into the shared AWS files when it is first asked.
type Signers struct {
	World  *World
	Line   string                                                            // --profile of the helper line
	Answer func(ctx context.Context, profile string) (helper.Session, error) // with a profile's session
	Warn   func(error)                                                       // tells the person of what the choice goes over
}

var (
	_ codecommit.Signers  = Signers{}
	_ codecommit.Profiles = Signers{}
)

// Choose is codecommit.Signers'.
func (s Signers) Choose(t codecommit.Target) (codecommit.Choice, error) {
	s.World.greet() // whose session it will be does not matter
	chooser, err := s.Chooser()
	if err != nil {
		return codecommit.Choice{}, err
	}
	choice, err := chooser.Choose(t)
	switch {
	case err != nil:
	case choice.Nobody():
		s.Warn(errors.New(choice.Why))
	case choice.Conflict != "":
		s.Warn(errors.New(choice.Conflict))
	}
	return choice, err
}

// Chooser chooses among the profiles of this machine.
func (s Signers) Chooser() (codecommit.Chooser, error) {
	config, err := s.World.Config()
	if err != nil {
		return codecommit.Chooser{}, err
	}
	environment, err := config.Environment()
	return codecommit.Chooser{
		Line: s.Line, Environment: environment != nil, Ambient: s.World.Getenv("AWS_PROFILE"), Profiles: s,
	}, err
}

// Session gives the environment's credentials as they are: there is nothing to gain from a session of them.
func (s Signers) Session(ctx context.Context, c codecommit.Choice) (helper.Session, error) {
	if c.Environment {
		return s.World.EnvironmentCredentials(), nil
	}
	session, err := s.Answer(ctx, c.Profile)
	if c.Default && errors.Is(err, awsconfig.ErrNoProfile) {
		err = fmt.Errorf("%w: %w", codecommit.ErrNoProfile, err)
	}
	return session, err
}

// Has is codecommit.Signers'.
func (s Signers) Has(name string) (bool, error) {
	config, err := s.World.Config()
	if err != nil {
		return false, err
	}
	if known, err := config.Has(name); err != nil || known {
		return known, err
	}
	_, known, err := s.World.KeyRef(name)
	return known, err
}

// OfAccount passes over profiles that cannot be resolved: they could not sign.
func (s Signers) OfAccount(account string) ([]string, error) {
	config, err := s.World.Config()
	if err != nil {
		return nil, err
	}
	names, err := s.World.ProfileNames(config)
	if err != nil {
		return nil, err
	}
	var of []string
	for _, name := range names {
		if p, err := config.Profile(name, s.World.KeyRef); err == nil && p.AccountID() == account {
			of = append(of, name)
		}
	}
	return of, nil
}

// Claims is codecommit.Profiles'.
func (s Signers) Claims() ([]codecommit.Claim, error) {
	config, err := s.World.Config()
	if err != nil {
		return nil, err
	}
	settings, err := config.Each(codecommit.ClaimSetting)
	var claims []codecommit.Claim
	for _, set := range settings {
		claims = append(claims, codecommit.Claim(set))
	}
	return claims, err
}

// Region is codecommit.Profiles'.
func (s Signers) Region(profile string) (string, error) {
	config, err := s.World.Config()
	if err != nil {
		return "", err
	}
	region, _, err := config.Where(profile)
	return region, err
}

// ProfileNames are those of the shared files, and then those of the keys that no file mentions.
func (w *World) ProfileNames(config *awsconfig.Config) ([]string, error) {
	k, err := w.Keychain()
	if err != nil {
		return nil, err
	}
	names := config.Names()
	entries, err := k.List(KeyPrefix)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if name := strings.TrimPrefix(e.Name, KeyPrefix); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// EnvironmentCredentials are those of the standard variables.
func (w *World) EnvironmentCredentials() helper.Session {
	return helper.Session{
		AccessKeyID: w.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: w.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken: w.Getenv("AWS_SESSION_TOKEN"),
	}
}
