package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"credmint/helper"
	"credmint/helper/processcreds"
	"credmint/helper/prompt"
)

type awsCmd struct {
	Profile string `arg:"" optional:"" help:"The profile; $AWS_PROFILE, then \"default\", where it is left out."`
}

func (c *awsCmd) Run(ctx context.Context, a *app) error { return a.aws(ctx, c.Profile) }

// aws answers credential_process. This is the warm path: with a kept session it reads the shared AWS files, the index
// entry of the key, and the session's file, asks the keychain once for the sealing key, and writes once. No lock is
// taken, no SDK is touched, and nothing is sent.
func (a *app) aws(ctx context.Context, name string) error {
	ctx, cancel := limit(ctx)
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
	return a.source(p.Name).Session(ctx, p)
}

type renewCmd struct {
	Profile string `arg:""`
}

// Run renews a session that is still being served, with nobody to ask and nobody to tell.
func (c *renewCmd) Run(ctx context.Context, a *app) error {
	ctx, cancel := limit(ctx)
	defer cancel()
	a.asker = nobody{}
	p, err := a.profile(c.Profile)
	if err != nil {
		return err
	}
	r := *a.source(p.Name)
	r.Since, r.Renew = a.now().Truncate(time.Second), nil // kept sessions know the second they were minted in
	_, err = r.Session(ctx, p)
	return err
}

// nobody is there when a process runs detached.
type nobody struct{}

func (nobody) Ask(context.Context, prompt.Question) (string, error) {
	return "", fmt.Errorf("%w: this process runs detached", prompt.ErrNobody)
}

// renewBehind starts `credmint renew` in a session of its own and does not wait for it.
func (a *app) renewBehind(p *helper.Profile) {
	self, err := os.Executable()
	if err != nil {
		return
	}
	child := exec.Command(self, "renew", p.Name)
	child.SysProcAttr = detached()
	if err := child.Start(); err == nil {
		_ = child.Process.Release()
	}
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
