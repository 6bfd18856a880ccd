package mint

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"credmint/helper"
	"credmint/helper/atomicfile"
)

// LoginCache is the directory in which AWS's CLI, and the SDKs, keep their own sign-ins to the console in clear:
// $AWS_LOGIN_CACHE_DIRECTORY, else ~/.aws/login/cache. A sign-in's file is named after the SHA-256 of its identity's ARN.
//
// Credentials are taken. The refresh token stays: it works once, and two who use one lose the sign-in.
type LoginCache struct{ Dir string } // empty: there is none

// loginFile is a file of the cache, as far as it matters here. The Go SDK leaves the id token out when it writes.
type loginFile struct {
	helper.Unprinted

	AccessToken struct {
		AccessKeyID     string    `json:"accessKeyId"`
		SecretAccessKey string    `json:"secretAccessKey"`
		SessionToken    string    `json:"sessionToken"`
		AccountID       string    `json:"accountId"`
		ExpiresAt       time.Time `json:"expiresAt"`
	} `json:"accessToken"`
	IDToken string `json:"idToken"`
}

const (
	maxLoginFile   = 256 << 10
	loginLife      = 15 * time.Minute
	leastLoginLeft = time.Minute // of credentials that are worth taking
)

// Session finds credentials of an identity that last for a while. A file that is not what it should be is an error.
func (c LoginCache) Session(arn string, now time.Time) (s helper.Session, found bool, err error) {
	if c.Dir == "" {
		return helper.Session{}, false, nil
	}
	sum := sha256.Sum256([]byte(arn))
	path := filepath.Join(c.Dir, hex.EncodeToString(sum[:])+".json")
	data, err := atomicfile.Read(path, maxLoginFile)
	if errors.Is(err, fs.ErrNotExist) {
		return helper.Session{}, false, nil
	}
	var f loginFile
	if err == nil && json.Unmarshal(data, &f) != nil {
		err = errors.New("it is not what the CLI writes")
	}
	if err != nil {
		return helper.Session{}, false, fmt.Errorf("read the AWS CLI's sign-in %s: %w", path, err)
	}
	got := f.AccessToken
	if got.ExpiresAt.Sub(now) < leastLoginLeft || got.AccessKeyID == "" || got.SecretAccessKey == "" || got.SessionToken == "" {
		return helper.Session{}, false, nil
	}
	if f.IDToken != "" {
		if who, err := subject(f.IDToken); err != nil || who != arn {
			return helper.Session{}, false, fmt.Errorf("the AWS CLI's sign-in %s is not %s's, but %q's", path, arn, cmp.Or(who, "nobody"))
		}
	}
	if got.AccountID != helper.AccountOf(arn) {
		return helper.Session{}, false, fmt.Errorf("the AWS CLI's sign-in %s is of account %q, not of %s", path, got.AccountID, arn)
	}
	return helper.Session{
		AccessKeyID: got.AccessKeyID, SecretAccessKey: got.SecretAccessKey, SessionToken: got.SessionToken, AccountID: got.AccountID,
		Issued: got.ExpiresAt.Add(-loginLife).UTC(), Expires: got.ExpiresAt.UTC(),
	}, true, nil
}
