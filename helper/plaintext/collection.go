package plaintext

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"credmint/helper"
)

// Collection is the collection of the desktop's Secret Service in which aws-vault and granted keep access keys: that
// backend of https://github.com/99designs/keyring. Each item's value is an item as JSON, as in the files of a Keyring.
type Collection struct {
	Program string // whose it is: "aws-vault"
	Label   string // of the collection: "awsvault"
	Items   Items
	Keys    Keys
}

// Items are what a collection holds.
type Items interface {
	// Secrets are the items' values, by what names the items. A collection that does not exist has none.
	Secrets(ctx context.Context) (map[string][]byte, error)
	// Delete removes one item.
	Delete(ctx context.Context, item string) error
}

var _ Source = (*Collection)(nil)

// Name is what a person types.
func (s *Collection) Name() string { return s.Program }

// collectedKey is an item with an access key.
type collectedKey struct {
	helper.Unwritten

	item, profile string
	key           helper.AccessKey
}

// Find reads every item. Kept sessions and tokens, which end by themselves, are passed over.
func (s *Collection) Find(ctx context.Context) ([]Found, error) {
	held, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	var found []Found
	for _, h := range held {
		stays := ""
		if slices.ContainsFunc(held, func(o collectedKey) bool { return o.profile == h.profile && o.key != h.key }) {
			stays = "the profile has several, of which programs may use any"
		}
		f := foundKey(h.profile, h.key, stays, s.Keys)
		f.Where = "Secret Service, " + s.Label
		found = append(found, f)
	}
	return found, nil
}

// read returns the keys, in the order of their items' names.
func (s *Collection) read(ctx context.Context) ([]collectedKey, error) {
	secrets, err := s.Items.Secrets(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what %s keeps: %w", s.Program, err)
	}
	var held []collectedKey
	for _, item := range slices.Sorted(maps.Keys(secrets)) {
		profile, key, ok := readKeyringItem(secrets[item])
		if !ok {
			return nil, fmt.Errorf("%s is no item of %s's", item, s.Program)
		}
		if profile != "" {
			held = append(held, collectedKey{item: item, profile: profile, key: key})
		}
	}
	return held, nil
}

// Remove removes the items of the keys, if they hold them still.
func (s *Collection) Remove(ctx context.Context, taken []Found) error {
	keys, err := keysOf(taken)
	if err != nil {
		return err
	}
	held, err := s.read(ctx)
	if err != nil {
		return err
	}
	for _, h := range held {
		i := slices.IndexFunc(keys, func(k accessKey) bool { return k.profile == h.profile })
		switch {
		case i < 0:
			continue
		case keys[i].key != h.key:
			return fmt.Errorf("%s holds another key of profile %s by now", h.item, h.profile)
		}
		if err := s.Items.Delete(ctx, h.item); err != nil {
			return fmt.Errorf("remove what %s keeps: %w", s.Program, err)
		}
	}
	return nil
}
