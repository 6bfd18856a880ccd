package main

import (
	"context"
	"errors"
	"fmt"

	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/codecommit"
)

// signers are those whose sessions may sign for CodeCommit. It looks into the shared AWS files when it is first asked.
type signers struct {
	*app
	line string // --profile of the helper line
}

var (
	_ codecommit.Signers  = signers{}
	_ codecommit.Profiles = signers{}
)

// Choose tells the person of what the choice goes over.
func (s signers) Choose(t codecommit.Target) (codecommit.Choice, error) {
	chooser, err := s.chooser()
	if err != nil {
		return codecommit.Choice{}, err
	}
	choice, err := chooser.Choose(t)
	switch {
	case err != nil:
	case choice.Nobody():
		s.warn(errors.New(choice.Why))
	case choice.Conflict != "":
		s.warn(errors.New(choice.Conflict))
	}
	return choice, err
}

func (s signers) chooser() (codecommit.Chooser, error) {
	config, err := s.awsConfig()
	if err != nil {
		return codecommit.Chooser{}, err
	}
	environment, err := config.Environment()
	return codecommit.Chooser{
		Line: s.line, Environment: environment != nil, Ambient: s.getenv("AWS_PROFILE"), Profiles: s,
	}, err
}

// Session gives the environment's credentials as they are: there is nothing to gain from a session of them.
func (s signers) Session(ctx context.Context, c codecommit.Choice) (helper.Session, error) {
	if c.Environment {
		return s.credentials(ctx, helper.KeyRef{Place: helper.InEnvironment})
	}
	session, err := s.session(ctx, c.Profile)
	if c.Default && errors.Is(err, awsconfig.ErrNoProfile) {
		err = fmt.Errorf("%w: %w", codecommit.ErrNoProfile, err)
	}
	return session, err
}

func (s signers) Has(name string) (bool, error) {
	config, err := s.awsConfig()
	if err != nil {
		return false, err
	}
	if known, err := config.Has(name); err != nil || known {
		return known, err
	}
	_, known, err := s.keyRef(name)
	return known, err
}

// OfAccount passes over profiles that cannot be resolved: they could not sign.
func (s signers) OfAccount(account string) ([]string, error) {
	config, err := s.awsConfig()
	if err != nil {
		return nil, err
	}
	names, err := s.profileNames(config)
	if err != nil {
		return nil, err
	}
	var of []string
	for _, name := range names {
		if p, err := config.Profile(name, s.keyRef); err == nil && p.AccountID() == account {
			of = append(of, name)
		}
	}
	return of, nil
}

func (s signers) Claims() ([]codecommit.Claim, error) {
	config, err := s.awsConfig()
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

func (s signers) Region(profile string) (string, error) {
	config, err := s.awsConfig()
	if err != nil {
		return "", err
	}
	region, _, err := config.Where(profile)
	return region, err
}
