package mint

import (
	"context"

	"credmint/helper"
)

// Given hands on credentials that exist already: temporary ones that somebody else minted, or a long-lived key whose
// profile says credmint_raw_key.
type Given struct {
	Credentials func(ctx context.Context, ref helper.KeyRef) (helper.Session, error)
}

var _ helper.Source = (*Given)(nil)

// Session answers for profiles of kind helper.Given and helper.RawKey.
func (m *Given) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	s, err := m.Credentials(ctx, p.KeyRef)
	s.AccountID = p.KeyRef.AccountID
	return s, err
}

// longLived dresses a key as a session without an end.
func longLived(key helper.AccessKey) helper.Session {
	return helper.Session{AccessKeyID: key.ID, SecretAccessKey: key.Secret}
}
