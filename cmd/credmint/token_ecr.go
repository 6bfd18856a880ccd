package main

import (
	"cmp"
	"context"

	"credmint/helper/awsconfig"
	"credmint/helper/dockercred"
	"credmint/helper/mint"
)

type tokenECRCmd struct {
	Profile string `arg:"" optional:"" help:"The profile; $AWS_PROFILE, then \"default\", where it is left out."`
	Region  string `placeholder:"REGION" help:"The registries' region; the profile's where it is left out."`
	Public  bool   `help:"For public.ecr.aws."`
	JSON    bool   `name:"json" help:"Print JSON, with the time when it ends."`
}

// Run answers from what is kept: a password opens all registries of a region for twelve hours.
func (c *tokenECRCmd) Run(ctx context.Context, a *app) error {
	if err := checkRegion(c.Region); err != nil {
		return err
	}
	ctx, cancel := a.limit(ctx)
	defer cancel()
	p, err := a.profile(c.Profile)
	if err != nil {
		return err
	}
	called, err := a.calling(p, awsconfig.ECR)
	if err != nil {
		return err
	}
	registry := dockercred.Registry{Region: cmp.Or(c.Region, called.Client.Region), Public: c.Public}
	if c.Public {
		registry.Region = "us-east-1" // the only one that gives them
	}
	link, err := registries{a}.linkOf(p, registry)
	if err != nil {
		return err
	}
	s, err := registries{a}.minted(ctx, link)
	if err != nil {
		return err
	}
	return a.printToken(mint.Token{Text: s.SessionToken, Expires: s.Expires}, c.JSON)
}
