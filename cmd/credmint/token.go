package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/mint"
)

// tokenCmd is what other services take as proof of who a profile is. Programs ask for it: nobody is sent to a browser.
type tokenCmd struct {
	WebIdentity tokenWebIdentityCmd `cmd:"" help:"Print a JSON Web Token with which AWS vouches for a profile elsewhere."`
	EKS         tokenEKSCmd         `cmd:"" name:"eks" help:"Print a token for an EKS cluster, as kubectl wants it of a credential plugin."`
	ECR         tokenECRCmd         `cmd:"" name:"ecr" help:"Print a password for Amazon ECR's registries, whose user is AWS."`
	RDS         tokenRDSCmd         `cmd:"" name:"rds" help:"Print a password for a database user of Amazon RDS or Aurora that signs in with IAM."`
}

type tokenWebIdentityCmd struct {
	Profile   string            `arg:"" optional:"" help:"The profile; $AWS_PROFILE, then \"default\", where it is left out."`
	Audience  []string          `required:"" placeholder:"NAME" help:"Who the token is for; may be given more than once."`
	Algorithm string            `enum:"RS256,ES384" default:"RS256" help:"How it is signed: RS256 or ES384."`
	Duration  time.Duration     `default:"5m" help:"How long it lasts: 1m to 1h."`
	Tag       map[string]string `placeholder:"KEY=VALUE" help:"What else it says; may be given more than once."`
	JSON      bool              `name:"json" help:"Print JSON, with the time when it ends."`
}

// Run asks STS.
func (c *tokenWebIdentityCmd) Run(ctx context.Context, a *app) error {
	if c.Duration < time.Minute || c.Duration > time.Hour || c.Duration%time.Second != 0 {
		return &usageError{fmt.Errorf("--duration %s: AWS gives one minute to an hour, in whole seconds", c.Duration)}
	}
	ctx, cancel := a.limit(ctx)
	defer cancel()
	p, s, err := a.bearer(ctx, c.Profile)
	if err != nil {
		return err
	}
	in := mint.OutboundIdentity{Audience: c.Audience, Algorithm: c.Algorithm, Duration: c.Duration}
	for key, value := range c.Tag {
		in.Tags = append(in.Tags, helper.Tag{Key: key, Value: value})
	}
	token, err := a.network().OutboundToken(ctx, p, s, in)
	if err != nil {
		return err
	}
	return a.printToken(token, c.JSON)
}

// bearer is a profile's session, and the profile as STS is called for it.
func (a *app) bearer(ctx context.Context, name string) (*helper.Profile, helper.Session, error) {
	p, err := a.profile(name)
	if err != nil {
		return nil, helper.Session{}, err
	}
	called, err := a.calling(p, awsconfig.STS)
	if err != nil {
		return nil, helper.Session{}, err
	}
	s, err := a.answer(ctx, p)
	return called, s, err
}

// calling is the profile with the settings of another service than the one that mints for it: in the region of its resources
// or, where none is set, in the one that its sessions are from.
func (a *app) calling(p *helper.Profile, service awsconfig.Service) (*helper.Profile, error) {
	config, err := a.awsConfig()
	if err != nil {
		return nil, err
	}
	called := *p
	if called.Client, err = config.Client(p.Name, service); err != nil {
		return nil, err
	}
	region, _, err := config.Where(p.Name)
	called.Client.Region = cmp.Or(region, p.Client.Region, called.Client.Region)
	return &called, err
}

// printToken writes a token alone, or with its end.
func (a *app) printToken(token mint.Token, asJSON bool) error {
	if asJSON {
		return a.printJSON(struct {
			Token   string    `json:"token"`
			Expires time.Time `json:"expires"`
		}{token.Text, token.Expires})
	}
	_, err := fmt.Fprintln(a.stdout, token.Text)
	return err
}

// checkRegion refuses what would become part of another host's name.
func checkRegion(region string) error {
	if region != "" && !awsconfig.ValidRegion(region) {
		return &usageError{fmt.Errorf("%q is no region: write it like eu-west-1", region)}
	}
	return nil
}

// isOf reports whether a text is not empty and has no other characters than these.
func isOf(text, chars string) bool { return text != "" && strings.Trim(text, chars) == "" }
