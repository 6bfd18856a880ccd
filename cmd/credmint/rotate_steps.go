package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/mint"
	"credmint/helper/shellword"
	"credmint/keychain"
)

// begin writes down what is about to be done, before anything is: the keychain has shown then that it takes new secrets.
func (r *rotation) begin(ctx context.Context) error {
	if r.record.begun() {
		return nil
	}
	value, err := r.keychain.Get(ctx, kept.KeyPrefix+r.name)
	if err != nil {
		return fmt.Errorf("profile %q: read its access key: %w", r.name, err)
	}
	old, err := decodeKey(value)
	if err != nil {
		return fmt.Errorf("profile %q: read its access key: %w", r.name, err)
	}
	all, err := r.keys.List(ctx)
	if err != nil {
		return err
	}
	if len(all) > 1 {
		return r.tooMany(ctx, old.ID, all)
	}
	if len(all) != 1 || all[0].ID != old.ID {
		return fmt.Errorf("profile %q: IAM does not count %s among the keys of %s", r.name, old.ID, r.keys.User)
	}
	*r.record = rotateRecord{Began: r.app.now().UTC(), Known: []string{old.ID}, Old: old}
	return r.save(ctx)
}

// tooMany tells of the key that stands in the way.
func (r *rotation) tooMany(ctx context.Context, own string, all []mint.UserKey) error {
	other := all[slices.IndexFunc(all, func(k mint.UserKey) bool { return k.ID != own })]
	about := "made on " + other.Created.Local().Format("2 Jan 2006")
	if !other.Active {
		about += ", inactive"
	}
	switch used, err := r.keys.LastUsed(ctx, other.ID); {
	case err == nil && used.IsZero():
		about += ", never used"
	case err == nil:
		about += ", last used on " + used.Local().Format("2 Jan 2006")
	}
	if profiles := r.profilesWith(other.ID); len(profiles) > 0 {
		about += ", kept here for profile " + strings.Join(profiles, ", ")
	}
	return advise(fmt.Errorf("profile %q: %s has two access keys already, and IAM allows no third: the other one is %s (%s)",
		r.name, r.keys.User, other.ID, about),
		"when nobody needs it any more delete it in IAM's console (Users, %s, Security credentials), and run `credmint rotate %s` again", r.keys.User, shellword.Argument(r.name))
}

// create has IAM make the new key, and keeps it beside the old one.
func (r *rotation) create(yes bool) func(context.Context) error {
	return func(ctx context.Context) error {
		if r.record.New != nil {
			return nil
		}
		if err := r.dropLost(ctx, yes); err != nil {
			return err
		}
		key, created, err := r.keys.Create(ctx)
		if err != nil {
			return r.notMade(ctx, err)
		}
		made := r.record.Old
		made.ID, made.Secret, made.Created, made.ARN, made.Account = key.ID, key.Secret, created.Format(time.RFC3339), r.arn, helper.AccountOf(r.arn)
		r.record.New = &made
		if err := r.save(ctx); err != nil {
			err = fmt.Errorf("the new key %s was made, and could not be kept: %w", key.ID, err)
			if undone := r.keys.Delete(context.WithoutCancel(ctx), key.ID); undone != nil { // else nobody could ever use it
				return errors.Join(err, undone)
			}
			r.record.New = nil
			_ = r.save(context.WithoutCancel(ctx)) // what was written of it names a key that is no more
			return fmt.Errorf("%w; it is deleted again", err)
		}
		r.app.tell("made access key %s for %s; it is in the keychain, beside the old one", key.ID, r.keys.User)
		return nil
	}
}

// notMade forgets the intention where IAM refused, so that no key that somebody makes later is taken for ours.
func (r *rotation) notMade(ctx context.Context, err error) error {
	var refused *mint.Error
	if !errors.As(err, &refused) {
		return err // IAM may have made one all the same
	}
	_, dropped := r.app.dropRotation(ctx, r.name)
	return errors.Join(err, dropped)
}

// dropLost deletes a key that IAM made for an earlier run which ended before the secret was kept. It is the one that was
// not there when that run began; and nobody can have used it.
func (r *rotation) dropLost(ctx context.Context, yes bool) error {
	all, err := r.keys.List(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(k mint.UserKey) bool { return !slices.Contains(r.record.Known, k.ID) })
	if i < 0 {
		return nil
	}
	lost := all[i]
	switch used, err := r.keys.LastUsed(ctx, lost.ID); {
	case err != nil:
		return err
	case !used.IsZero():
		return advise(fmt.Errorf("profile %q: %s has another access key, %s, which was made after this rotation began and is used by somebody",
			r.name, r.keys.User, lost.ID),
			"find out whose it is; when it is deleted in IAM, run `credmint rotate %s` again", shellword.Argument(r.name))
	}
	r.app.tell("a rotation of profile %s began on %s and was cut off. IAM made %s on %s, whose secret was lost with it: nobody can use that key",
		r.name, onDay(r.record.Began), lost.ID, onDay(lost.Created))
	if err := r.app.confirm(ctx, yes, fmt.Sprintf("Delete %s in IAM? [y/N]", lost.ID), "add --yes to delete it without being asked"); err != nil {
		return err
	}
	if err := r.keys.Delete(ctx, lost.ID); err != nil {
		return err
	}
	r.app.tell("deleted %s", lost.ID)
	return nil
}

// How long AWS is given to know a new key everywhere, which takes seconds as a rule.
const (
	firstPause = 250 * time.Millisecond
	lastPause  = 5 * time.Second
	patience   = 2 * time.Minute
)

// verify waits until AWS takes the new key, for the same user.
func (r *rotation) verify(ctx context.Context) error {
	key := helper.AccessKey{ID: r.record.New.ID, Secret: r.record.New.Secret}
	waited := time.Duration(0)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		id, err := r.app.network().CallerIdentity(ctx, r.sts, key)
		var refused *mint.Error
		switch {
		case err == nil && id.ARN != r.arn:
			return fmt.Errorf("profile %q: the new key is that of %s, and the old one that of %s", r.name, id.ARN, r.arn)
		case err == nil:
			return nil
		case !errors.As(err, &refused) || refused.Code != "InvalidClientTokenId":
			return advise(fmt.Errorf("%w; the old key stays in use, and both are kept", err), "run `credmint rotate %s` to go on", shellword.Argument(r.name))
		case waited >= patience:
			return advise(fmt.Errorf("profile %q: AWS does not know its new key %s yet; the old one stays in use, and both are kept", r.name, key.ID),
				"run `credmint rotate %s` later to go on", shellword.Argument(r.name))
		case waited == 0:
			r.app.tell("waiting until AWS knows the new key everywhere (two minutes at most)")
		case pause == lastPause:
			r.app.tell("still waiting, for %s now", waited.Round(time.Second))
		}
		if err := mint.Pause(ctx, pause); err != nil {
			return err
		}
		waited += pause
	}
}

// swap gives the new key to the profile, and to all that have the old one.
func (r *rotation) swap(ctx context.Context) error {
	profiles := r.profilesWith(r.record.Old.ID)
	if !slices.Contains(profiles, r.name) {
		profiles = append(profiles, r.name)
	}
	for _, name := range profiles {
		if err := r.keychain.Set(ctx, kept.KeyPrefix+name, r.record.New.encode(), r.record.New.about()); err != nil {
			return fmt.Errorf("profile %q: store the new access key: %w", name, err)
		}
	}
	r.app.tell("AWS knows it; from now on new sessions of profile %s are made with it, and those of the old key last until they end", strings.Join(profiles, ", "))
	return nil
}

// profilesWith are those whose key has that id, by the index.
func (r *rotation) profilesWith(id string) []string {
	entries, err := r.keychain.List(kept.KeyPrefix)
	if err != nil {
		r.app.warn(err)
	}
	var names []string
	for _, e := range entries {
		if e.About[kept.AboutID] == id {
			names = append(names, strings.TrimPrefix(e.Name, kept.KeyPrefix))
		}
	}
	return names
}

// retire deactivates the old key, with itself where it is what the session is made of: the new one may be unknown to IAM
// for a while yet.
func (r *rotation) retire(ctx context.Context) error {
	if err := r.keys.Deactivate(ctx, r.record.Old.ID); err != nil {
		return err
	}
	if r.keys.Session.SessionToken == "" {
		r.keys.Session = helper.Session{AccessKeyID: r.record.New.ID, SecretAccessKey: r.record.New.Secret}
	}
	r.record.Retired = r.app.now().UTC()
	if err := r.save(ctx); err != nil {
		return err
	}
	r.app.tell("deactivated the old key %s", r.record.Old.ID)
	return nil
}

// finish deletes the old key, in IAM first.
func (r *rotation) finish(ctx context.Context) error {
	if err := r.keys.Delete(ctx, r.record.Old.ID); err != nil {
		return err
	}
	if err := r.keychain.Delete(ctx, rotatePrefix+r.name); err != nil && !errors.Is(err, keychain.ErrNotFound) {
		return fmt.Errorf("profile %q: forget the old key, which is deleted in IAM: %w", r.name, err)
	}
	r.app.tell("deleted the old key %s of profile %s", r.record.Old.ID, r.name)
	return nil
}
