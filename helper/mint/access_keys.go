package mint

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"credmint/helper"
)

// UserKey is what IAM tells of a user's access key.
type UserKey struct {
	ID      string
	Active  bool
	Created time.Time // UTC
}

// AccessKeys are those of one IAM user, who may have two.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html.
type AccessKeys struct{ iamUser }

// AccessKeys opens those of a user, with what the session may do. p says how IAM is to be called, and is named in errors.
// AWS takes no session of GetSessionToken here that was made without MFA.
func (n *Network) AccessKeys(p *helper.Profile, s helper.Session, user string) *AccessKeys {
	return &AccessKeys{iamUser{User: user, Session: s, profile: p, network: n}}
}

// accessKey is one as IAM shows it; the secret is there when it is made, and never again.
type accessKey struct {
	helper.Unprinted

	ID      string    `xml:"AccessKeyId"`
	Secret  string    `xml:"SecretAccessKey"`
	Status  string    `xml:"Status"`
	Created time.Time `xml:"CreateDate"`
}

// List returns all there are.
func (k *AccessKeys) List(ctx context.Context) ([]UserKey, error) {
	var out struct {
		Listed []accessKey `xml:"AccessKeyMetadata>member"`
	}
	if err := k.call(ctx, "ListAccessKeys", url.Values{}, &out); err != nil {
		return nil, err
	}
	var all []UserKey
	for _, key := range out.Listed {
		all = append(all, UserKey{ID: key.ID, Active: key.Status == active, Created: key.Created.UTC()})
	}
	return all, nil
}

// Create makes one more. IAM tells its secret this once.
func (k *AccessKeys) Create(ctx context.Context) (helper.AccessKey, time.Time, error) {
	var out struct {
		Made accessKey `xml:"AccessKey"`
	}
	if err := k.call(ctx, "CreateAccessKey", url.Values{}, &out); err != nil {
		return helper.AccessKey{}, time.Time{}, err
	}
	if out.Made.ID == "" || out.Made.Secret == "" {
		return helper.AccessKey{}, time.Time{}, fmt.Errorf("profile %q: AWS answered without an access key", k.profile.Name)
	}
	return helper.AccessKey{ID: out.Made.ID, Secret: out.Made.Secret}, out.Made.Created.UTC(), nil
}

// Deactivate makes AWS refuse one from now on, until it is activated again.
func (k *AccessKeys) Deactivate(ctx context.Context, id string) error {
	return k.call(ctx, "UpdateAccessKey", url.Values{"AccessKeyId": {id}, "Status": {"Inactive"}}, nil)
}

// Delete ends one for good. One that is gone already is no error.
func (k *AccessKeys) Delete(ctx context.Context, id string) error {
	err := k.call(ctx, "DeleteAccessKey", url.Values{"AccessKeyId": {id}}, nil)
	var refused *Error
	if errors.As(err, &refused) && refused.Code == "NoSuchEntity" {
		return nil
	}
	return err
}

// LastUsed tells when one was last used, which IAM may learn hours later; the zero time: never.
func (k *AccessKeys) LastUsed(ctx context.Context, id string) (time.Time, error) {
	var out struct {
		Date time.Time `xml:"AccessKeyLastUsed>LastUsedDate"`
	}
	err := k.network.iam(ctx, k.profile, k.Session, "GetAccessKeyLastUsed", url.Values{"AccessKeyId": {id}}, &out)
	return out.Date.UTC(), err
}
