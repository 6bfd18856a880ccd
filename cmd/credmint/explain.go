package main

import "context"

type explainCmd struct {
	Profile string `arg:"" optional:"" names:"profile,session" help:"The profile, or an [sso-session]; where it is left out, $AWS_PROFILE, or picked from a list, or \"default\". With --git: as if git's helper line said --profile PROFILE."`
	Git     string `placeholder:"URL" help:"Explain who signs for a URL of CodeCommit, and why."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// explanation is text for a person, and JSON for a program.
type explanation interface{ text(a *app) error }

// Run explains; it asks neither the keychain nor AWS, and changes nothing.
func (c *explainCmd) Run(ctx context.Context, a *app) error {
	e, err := c.explain(ctx, a)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(e)
	}
	return e.text(a)
}

func (c *explainCmd) explain(ctx context.Context, a *app) (explanation, error) {
	if c.Git != "" {
		return a.explainGit(ctx, c.Git, c.Profile)
	}
	name, err := a.pick(ctx, c.Profile)
	if err != nil {
		return nil, err
	}
	return a.explainProfile(name)
}
