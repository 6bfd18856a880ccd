package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/mint"
	"credmint/helper/prompt"
)

// chooseRole lets a person choose among the roles that a sign-in offers, writes the choice into the profile, where it
// decides all further sessions, and mints with the sign-in that there is. It returns p as it is then.
func (a *app) chooseRole(ctx context.Context, p *helper.Profile, offered *mint.RolesOffered) (*helper.Profile, helper.Session, error) {
	for i, r := range offered.Roles {
		a.tell("%3d  %s", i+1, r.ARN)
	}
	answer, err := a.asker.Ask(ctx, prompt.Question{Text: fmt.Sprintf("credmint: the number of the role that profile %s is to have", offered.Profile), Echo: true})
	if errors.Is(err, prompt.ErrNobody) {
		return nil, helper.Session{}, offered // it says what to write
	}
	if err != nil {
		return nil, helper.Session{}, err
	}
	n, err := strconv.Atoi(answer)
	if err != nil || n < 1 || n > len(offered.Roles) {
		return nil, helper.Session{}, fmt.Errorf("%q is none of the numbers 1 to %d", answer, len(offered.Roles))
	}
	file, arn := awsconfig.ConfigFile(a.getenv, kept.Home()), offered.Roles[n-1].ARN
	if _, err := awsconfig.Set(file, offered.Profile, "credmint_role_arn", arn); err != nil {
		return nil, helper.Session{}, err
	}
	a.tell("%s: [profile %s] has credmint_role_arn = %s", file, offered.Profile, arn)
	a.kept.Reload()
	if p, err = a.profile(p.Name); err != nil {
		return nil, helper.Session{}, err
	}
	a.offered = offered
	s, err := a.source(p.Name).Session(ctx, p)
	return p, s, err
}
