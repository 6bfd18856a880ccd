package main

import (
	"context"
	"fmt"
	"time"

	"credmint/helper"
	"credmint/helper/processcreds"
)

type awsCmd struct {
	Profile string `arg:"" optional:"" help:"The profile; $AWS_PROFILE, then \"default\", where it is left out."`
}

func (c *awsCmd) Run(ctx context.Context, a *app) error { return a.aws(ctx, c.Profile) }

// aws answers credential_process. This is the warm path: with a kept session it reads the shared AWS files, the index
// entry of the key, and the session's file, asks the keychain once for the sealing key, and writes once. No lock is
// taken, no SDK is touched, and nothing is sent.
func (a *app) aws(ctx context.Context, name string) error {
	ctx, cancel := a.limit(ctx)
	defer cancel()
	s, err := a.session(ctx, name)
	if err != nil {
		return err
	}
	document, err := processcreds.Format(s)
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(document)
	return err
}

// session resolves a profile and answers with its session.
func (a *app) session(ctx context.Context, name string) (helper.Session, error) {
	p, err := a.profile(name)
	if err != nil {
		return helper.Session{}, err
	}
	return a.answer(ctx, p)
}

// left shows a duration the way a person reads it: "11 h 58 min", "14 min", "40 s".
func left(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	case d >= time.Minute:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	default:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
