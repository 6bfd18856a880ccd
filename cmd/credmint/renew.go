package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"time"

	"credmint/helper"
	"credmint/helper/prompt"
)

type renewCmd struct {
	Name string `arg:""`
	Link string `arg:"" optional:""` // digest of the link's key; the profile itself where it is left out
}

// Run renews a session that is still being served, with nobody to ask and nobody to tell.
func (c *renewCmd) Run(ctx context.Context, a *app) error {
	ctx, cancel := a.limit(ctx)
	defer cancel()
	a.asker, a.behind = nobody{}, true
	p, err := a.profileOrSession(c.Name)
	if err != nil {
		return err
	}
	link := p
	if c.Link != "" {
		link = linkOf(p, c.Link)
	}
	if link == nil {
		return fmt.Errorf("profile %q: it is another one now", p.Name)
	}
	r := *a.source(p.Name)
	r.Since, r.Renew = a.now().Truncate(time.Second), nil // kept sessions know the second they were minted in
	_, err = r.Session(ctx, link)
	return err
}

// linkName names a link of a chain: its own name may be that of another link too, or of no profile.
func linkName(p *helper.Profile) string {
	key := p.Key()
	return hex.EncodeToString(key[:])
}

func linkOf(p *helper.Profile, name string) *helper.Profile {
	for _, link := range p.Links() {
		if linkName(link) == name {
			return link
		}
	}
	return nil
}

// nobody is there when a process runs detached.
type nobody struct{}

func (nobody) Ask(context.Context, prompt.Question) (string, error) {
	return "", fmt.Errorf("%w: this process runs detached", prompt.ErrNobody)
}

// renewBehind starts `credmint renew` for a link of the wanted profile's chain, in a session of its own, and does not wait
// for it.
func (a *app) renewBehind(wanted string, link *helper.Profile) {
	self, err := os.Executable()
	if err != nil {
		return
	}
	child := exec.Command(self, "renew", wanted, linkName(link))
	child.SysProcAttr = detached()
	if err := child.Start(); err == nil {
		_ = child.Process.Release()
	}
}
