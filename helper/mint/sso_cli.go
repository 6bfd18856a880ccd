package mint

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"strings"
	"time"

	"credmint/helper"
	"credmint/helper/atomicfile"
)

// CLICache is the directory in which AWS's CLI, and the SDKs, keep the tokens of sign-ins in clear: ~/.aws/sso/cache. A
// token's file is named after the SHA-1 of the [sso-session], or of the start URL where there is none.
//
// Access tokens are taken and given. A refresh token stays with whoever has it: it works once, and two who use one lose
// the sign-in.
type CLICache struct{ Dir string } // empty: there is none

// cliToken is a file of the cache, as far as it matters here.
type cliToken struct {
	helper.Unprinted

	StartURL    string `json:"startUrl"`
	Region      string `json:"region"`
	AccessToken string `json:"accessToken"`
	ExpiresAt   string `json:"expiresAt"`
}

const (
	maxCLIToken = 256 << 10
	cliTime     = "2006-01-02T15:04:05Z"
	leastLeft   = 5 * time.Minute // of a token that is worth taking
)

func (c CLICache) path(in *helper.SSOSession) string {
	sum := sha1.Sum([]byte(cmp.Or(in.Name, in.StartURL))) // AWS's choice
	return filepath.Join(c.Dir, hex.EncodeToString(sum[:])+".json")
}

// Token finds a token of that sign-in which lasts for a while. What else may be in the file is another program's affair,
// and never an error.
func (c CLICache) Token(in *helper.SSOSession, now time.Time) (s helper.Session, found bool) {
	if c.Dir == "" {
		return helper.Session{}, false
	}
	data, err := atomicfile.Read(c.path(in), maxCLIToken)
	var t cliToken
	if err != nil || json.Unmarshal(data, &t) != nil {
		return helper.Session{}, false
	}
	expires, ok := parseCLITime(t.ExpiresAt)
	if !ok || t.AccessToken == "" || t.StartURL != in.StartURL || t.Region != in.Region || expires.Sub(now) < leastLeft {
		return helper.Session{}, false
	}
	return helper.Session{SessionToken: t.AccessToken, Issued: now.UTC(), Expires: expires}, true
}

// parseCLITime reads RFC 3339, and the "…UTC" of older versions of the CLI.
func parseCLITime(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, strings.Replace(s, "UTC", "Z", 1))
	return t.UTC(), err == nil
}

// Share writes a token where AWS's CLI and the SDKs look for it. It lies there in clear until it ends.
func (c CLICache) Share(in *helper.SSOSession, s helper.Session) error {
	if err := atomicfile.MkdirPrivate(c.Dir); err != nil {
		return err
	}
	data, err := json.Marshal(cliToken{
		StartURL: in.StartURL, Region: in.Region, AccessToken: s.SessionToken, ExpiresAt: s.Expires.UTC().Format(cliTime),
	})
	if err != nil {
		return err
	}
	return atomicfile.Write(c.path(in), data, 0o600)
}
