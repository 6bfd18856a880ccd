package mint

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"credmint/helper"
)

// loginRecord is what the keychain keeps of a sign-in to the console: the refresh token, and the key it is bound to.
type loginRecord struct {
	helper.Unprinted

	rotation
	ARN      string `json:"arn"`                 // who signed in
	ClientID string `json:"client_id,omitempty"` // which of AWS's two clients the token was given to
	Region   string `json:"region,omitempty"`    // where it was
	Key      []byte `json:"dpop_key,omitempty"`  // PKCS #8
}

// LoginRecords begins the names of all records of sign-ins to the console.
const LoginRecords = "login/"

// LoginRecord is the name of a sign-in's record. It ends in a part of the link's key, so that profiles which reach one
// identity in two ways, and thus take turns under two locks, do not share a refresh token that works once.
func LoginRecord(p *helper.Profile) string {
	key := p.Key()
	return LoginRecords + p.Identity() + "/" + hex.EncodeToString(key[:4])
}

func (r loginRecord) encode() ([]byte, map[string]string, error) {
	value, err := json.Marshal(r)
	return value, map[string]string{
		"arn": r.ARN, "account": helper.AccountOf(r.ARN), "signed_in": r.SignedIn.Format(time.RFC3339),
	}, err
}

// key is the one the refresh token is bound to.
func (r loginRecord) key() (*ecdsa.PrivateKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(r.Key)
	if k, ok := key.(*ecdsa.PrivateKey); ok {
		return k, nil
	}
	return nil, fmt.Errorf("the sign-in's key cannot be read: %w", err)
}

// kept reads a sign-in's record; the zero one where there is none, or none that can be read.
func (m *Login) kept(ctx context.Context, p *helper.Profile) (loginRecord, error) {
	value, err := m.Secrets.Get(ctx, LoginRecord(p))
	if errors.Is(err, fs.ErrNotExist) {
		return loginRecord{}, nil
	}
	if err != nil {
		return loginRecord{}, fmt.Errorf("profile %q: read the sign-in: %w", p.Name, err)
	}
	return decodeLogin(p, value), nil
}

// decodeLogin reads a record. What is damaged, or somebody else's, is as good as ended, and says so.
func decodeLogin(p *helper.Profile, value []byte) loginRecord {
	var r loginRecord
	if json.Unmarshal(value, &r) != nil || r.ARN != p.Identity() || (r.RefreshToken == "") == (r.Ended == "") {
		return loginRecord{rotation: rotation{Ended: damaged}}
	}
	return r
}

// swap replaces the record of a refresh token, unless another sign-in has replaced it already.
func (m *Login) swap(ctx context.Context, p *helper.Profile, token string, next loginRecord) error {
	err := m.Secrets.Update(ctx, LoginRecord(p), func(old []byte) ([]byte, map[string]string, error) {
		if old == nil || decodeLogin(p, old).RefreshToken != token {
			return nil, nil, errReplaced
		}
		return next.encode()
	})
	if err != nil {
		return fmt.Errorf("profile %q: keep the sign-in: %w", p.Name, err)
	}
	return nil
}

// SignOut forgets a sign-in. AWS knows no way to end one from here: credentials that are out last for their fifteen
// minutes. Where nobody is signed in the error is a *SignInNeeded.
func (m *Login) SignOut(ctx context.Context, p *helper.Profile, _ helper.Session) error {
	record, err := m.kept(ctx, p)
	if err != nil {
		return err
	}
	err = m.Secrets.Update(ctx, LoginRecord(p), func([]byte) ([]byte, map[string]string, error) { return nil, nil, nil })
	if err != nil {
		return fmt.Errorf("profile %q: forget the sign-in: %w", p.Name, err)
	}
	if record.RefreshToken == "" {
		return &SignInNeeded{Link: p, Why: record.why()}
	}
	return nil
}
