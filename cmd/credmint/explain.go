package main

import (
	"context"
	"errors"
)

type explainCmd struct {
	Profile string `arg:"" optional:"" help:"With --git: as if git's helper line said --profile PROFILE."`
	Git     string `placeholder:"URL" help:"Explain who signs for a URL of CodeCommit, and why."`
	JSON    bool   `name:"json" help:"Print JSON."`
}

// Run explains; it asks neither the keychain nor AWS, and changes nothing.
func (c *explainCmd) Run(ctx context.Context, a *app) error {
	if c.Git == "" {
		return &usageError{errors.New("explain needs --git URL: this version explains who signs for CodeCommit")}
	}
	e, err := a.explainGit(ctx, c.Git, c.Profile)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(e)
	}
	return e.text(a)
}
