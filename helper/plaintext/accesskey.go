package plaintext

import (
	"context"

	"credmint/helper"
)

// Keys is where access keys belong.
type Keys interface {
	// Check says why a profile cannot have a key.
	Check(profile string, key helper.AccessKey) error
	// Compare reports whether the profile has a key, and whether it is this one.
	Compare(ctx context.Context, profile string, key helper.AccessKey) (kept, same bool, err error)
	Store(ctx context.Context, profile string, key helper.AccessKey) error
	// Serve lets programs that name the profile be served with what is kept.
	Serve(profile string) error
}

// accessKey is a Secret for AWS.
type accessKey struct {
	helper.Unwritten

	profile string
	key     helper.AccessKey
	place   Keys
}

// foundKey describes a key, and says where it stays if it cannot be moved. stays is a reason that is known already.
func foundKey(profile string, key helper.AccessKey, stays string, place Keys) Found {
	f := Found{Name: "access key of profile " + profile, Stays: stays}
	if key.ID != "" {
		f.Name = "access key " + key.ID + " of profile " + profile
	}
	if f.Stays == "" {
		if err := place.Check(profile, key); err != nil {
			f.Stays = err.Error()
		}
	}
	if f.Stays == "" {
		f.Secret = accessKey{profile: profile, key: key, place: place}
	}
	return f
}

func (k accessKey) Place() string { return "aws\x00" + k.profile }

func (k accessKey) Kept(ctx context.Context) (kept, same bool, err error) {
	return k.place.Compare(ctx, k.profile, k.key)
}

func (k accessKey) Keep(ctx context.Context) error { return k.place.Store(ctx, k.profile, k.key) }

func (k accessKey) Equal(other Secret) bool {
	o, ok := other.(accessKey)
	return ok && o.profile == k.profile && o.key == k.key
}

// keysOf are the access keys among those taken; before they are removed from where programs find them, programs are told to
// ask credmint.
func keysOf(taken []Found) ([]accessKey, error) {
	var keys []accessKey
	for _, f := range taken {
		if k, ok := f.Secret.(accessKey); ok {
			if err := k.place.Serve(k.profile); err != nil {
				return nil, err
			}
			keys = append(keys, k)
		}
	}
	return keys, nil
}
