package main

import (
	"context"
	"fmt"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/mint"
	"credmint/helper/shellword"
	"credmint/keychain"
)

// rotation is one that is under way.
type rotation struct {
	helper.Unwritten

	app      *app
	name     string // the profile's
	arn      string // the IAM user's
	record   *rotateRecord
	keychain *keychain.Keychain
	keys     *mint.AccessKeys
	sts      *helper.Profile // how STS is called
}

// openRotation finds out whose key it is, and gets a session that may change it.
func (a *app) openRotation(ctx context.Context, name string, record *rotateRecord) (*rotation, error) {
	k, err := a.keychain()
	if err != nil {
		return nil, err
	}
	r := &rotation{app: a, name: name, record: record, keychain: k}
	if record.begun() {
		if err := r.mendIndex(ctx); err != nil {
			return nil, err
		}
	}
	p, err := a.keyLink(name)
	if err != nil {
		return nil, err
	}
	session, err := a.iamSession(ctx, p)
	if err != nil {
		return nil, err
	}
	if r.arn, err = a.callerARN(ctx, p, session); err != nil {
		return nil, err
	}
	if helper.IsRoot(r.arn) {
		return nil, advise(fmt.Errorf("profile %q: this is the root user's access key, and nobody needs a new one of those", name),
			"AWS advises to have none: make an IAM user or use Identity Center, then delete the root user's key in the console, and run `credmint remove %s`", shellword.Argument(name))
	}
	if record.New != nil && record.New.ARN != r.arn {
		return nil, r.replaced(r.arn)
	}
	user, ok := userName(r.arn)
	if !ok {
		return nil, fmt.Errorf("profile %q: %s is no IAM user", name, r.arn)
	}
	if r.sts, err = a.calling(p, awsconfig.STS); err != nil {
		return nil, err
	}
	called, err := a.calling(p, awsconfig.IAM)
	if err != nil {
		return nil, err
	}
	r.keys = a.network().AccessKeys(called, session, user)
	return r, nil
}

// keyLink is the link of a profile's chain that has a key of its own in the keychain.
func (a *app) keyLink(name string) (*helper.Profile, error) {
	p, err := a.profile(name)
	if err != nil {
		return nil, err
	}
	links := p.Links()
	last := links[len(links)-1]
	switch ref := last.KeyRef; {
	case ref.Place == helper.InKeychain && ref.Profile == name:
		return last, nil
	case ref.Place == helper.InKeychain:
		return nil, advise(fmt.Errorf("profile %q has no key of its own: it is made from the key of profile %s", name, ref.Profile),
			"run `credmint rotate %s`", shellword.Argument(ref.Profile))
	case ref.Place == helper.InFile:
		return nil, advise(fmt.Errorf("profile %q: its access key is in ~/.aws/credentials, not in the keychain", name),
			"move it there first: credmint import aws-credentials")
	case ref.Place == helper.InSecretsManager:
		return nil, fmt.Errorf("profile %q: its access key is in AWS Secrets Manager, which is to rotate it", name)
	}
	return nil, advise(fmt.Errorf("profile %q has no access key", name), "run `credmint list` to see which profiles have one")
}

// replaced says that somebody gave the profile a key of another making. To go on would be to take that one away: from the
// profile, or from IAM, where it would pass for the key whose secret was lost.
func (r *rotation) replaced(by string) error {
	return advise(fmt.Errorf("profile %q: a rotation of %s began on %s and was cut off, and the profile was given another key since (%s): nothing is done",
		r.name, r.record.Old.ID, onDay(r.record.Began), by),
		"look at the keys in IAM; `credmint remove %s` forgets the rotation, and the key: add it again then", shellword.Argument(r.name))
}

// mendIndex lets the index name the key that the keychain has, after a write that was cut short.
func (r *rotation) mendIndex(ctx context.Context) error {
	item := kept.KeyPrefix + r.name
	value, err := r.keychain.Get(ctx, item)
	if err != nil {
		return fmt.Errorf("profile %q: read its access key: %w", r.name, err)
	}
	record, err := decodeKey(value)
	if err != nil {
		return fmt.Errorf("profile %q: read its access key: %w", r.name, err)
	}
	if of := r.record; !of.retired() && record.ID != of.Old.ID && (of.New == nil || record.ID != of.New.ID) {
		return r.replaced(record.ID)
	}
	if about, err := r.keychain.About(item); err == nil && about[kept.AboutID] == record.ID {
		return nil
	}
	return r.keychain.Set(ctx, item, value, record.about())
}
