package processcreds

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"credmint/helper"
)

// Parse reads the document that another program wrote. The session is valid at now, which is also when it counts as
// issued; one without an Expiration has no end. What the contract does not name is passed over, and nothing of the
// document is in an error.
func Parse(document []byte, now time.Time) (helper.Session, error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(document, &fields) != nil || fields == nil {
		return helper.Session{}, errors.New("what it printed is not one JSON object")
	}
	if string(fields["Version"]) != "1" {
		return helper.Session{}, errors.New("what it printed has no Version 1")
	}
	s := helper.Session{Issued: now.UTC()}
	var expiration string
	for _, f := range []struct {
		name   string
		to     *string
		needed bool
	}{
		{"AccessKeyId", &s.AccessKeyID, true},
		{"SecretAccessKey", &s.SecretAccessKey, true},
		{"SessionToken", &s.SessionToken, false},
		{"Expiration", &expiration, false},
		{"AccountId", &s.AccountID, false},
	} {
		if raw, ok := fields[f.name]; ok && json.Unmarshal(raw, f.to) != nil {
			return helper.Session{}, fmt.Errorf("its %s is no text", f.name)
		}
		if *f.to == "" && f.needed {
			return helper.Session{}, fmt.Errorf("what it printed has no %s", f.name)
		}
		if !visible(*f.to) {
			return helper.Session{}, fmt.Errorf("its %s holds a character that none has", f.name)
		}
	}
	if expiration == "" {
		return s, nil
	}
	return expiring(s, expiration)
}

// expiring gives a session its end.
func expiring(s helper.Session, expiration string) (helper.Session, error) {
	at, err := parseTime(expiration)
	if err != nil {
		return helper.Session{}, err
	}
	if s.Expires = at.UTC(); !s.ValidAt(s.Issued) {
		return helper.Session{}, fmt.Errorf("the session it printed ended %s ago by this machine's clock", s.Issued.Sub(at).Round(time.Second))
	}
	return s, nil
}

// parseTime reads the forms of ISO 8601 that programs are known to write. One without a zone means different moments to
// different SDKs.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "20060102T150405Z0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("its Expiration is no time with a zone, such as 2026-01-02T15:04:05Z")
}

// visible reports whether a text is ASCII that can be seen: all that keys, tokens and times are made of.
func visible(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c < ' ' || c > '~' }) < 0
}
