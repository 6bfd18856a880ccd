// Package helper holds the nouns every part of credmint shares (a profile, an access key, a session) and the one
// verb: a Source answers for a profile with a session. Reuse is a Source too, one that remembers.
//
// It knows no file format, no protocol and no AWS client, and imports the standard library only.
package helper

import (
	"fmt"
	"time"
)

// AccessKey is a long-lived AWS access key: an IAM user's or, where a person insisted, the root user's.
// It prints as the last four characters of its id.
type AccessKey struct {
	ID     string
	Secret string
}

// Session is what AWS calls temporary security credentials, or (where a profile hands out its raw key) a key that
// does not expire. A sign-in's session is a bearer token: it has a SessionToken and no key. It prints as the last four characters of its id, whatever the verb.
type Session struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Issued          time.Time // UTC; when it was minted
	Expires         time.Time // UTC; zero for a long-lived key
	AccountID       string    // twelve digits; empty where unknown

	// Ahead is how far AWS's clock was ahead of this machine's when the session was minted; zero where they agreed to the minute, or where
	// nobody knows. The times above are this machine's all the same. What signs with the session and asks nobody signs for
	// AWS's time: see Signed.
	Ahead time.Duration
}

// Signed is the time for a signature that is made now, by this machine's clock, and that AWS compares with its own.
func (s Session) Signed(now time.Time) time.Time { return now.Add(s.Ahead) }

// ValidAt reports whether the session can still be used at t.
func (s Session) ValidAt(t time.Time) bool {
	return (s.AccessKeyID != "" || s.SessionToken != "") && (s.Expires.IsZero() || t.Before(s.Expires))
}

// String names the key by the last four characters of its id.
func (k AccessKey) String() string { return "access key " + lastFour(k.ID) }

// Format keeps the secret out of every verb, %+v and %#v included.
func (k AccessKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// MarshalJSON refuses: a long-lived key is never written as part of something else.
func (k AccessKey) MarshalJSON() ([]byte, error) { return nil, errNoJSON("an access key") }

// String names the session by the last four characters of its key id.
func (s Session) String() string { return "session " + lastFour(s.AccessKeyID) }

// Format keeps the secret out of every verb, %+v and %#v included.
func (s Session) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalJSON refuses: helper/processcreds is the only writer of sessions.
func (s Session) MarshalJSON() ([]byte, error) { return nil, errNoJSON("a session") }

func errNoJSON(what string) error { return fmt.Errorf("%s does not marshal: it is secret", what) }

func lastFour(id string) string {
	if len(id) <= 4 {
		return "****"
	}
	return "****" + id[len(id)-4:]
}
