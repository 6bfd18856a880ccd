package main

import (
	"context"
	"errors"
	"fmt"

	"credmint/helper"
	"credmint/helper/prompt"
	"credmint/helper/shellword"
)

// certificatePassword asks for that of a PKCS#12 file.
func (a codeFor) certificatePassword(ctx context.Context, p *helper.Profile, file string) (string, error) {
	password, err := a.asker.Ask(ctx, prompt.Question{Text: fmt.Sprintf("credmint: password of %s for profile %s", file, p.Name)})
	if errors.Is(err, prompt.ErrNobody) {
		return "", advise(err, "run `credmint login %s` in a terminal; programs are then served from that session", shellword.Argument(a.wanted))
	}
	return password, err
}
