// Package processcreds writes and reads the document of AWS's credential_process contract, in which sessions are also
// kept. See https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html.
package processcreds

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"credmint/helper"
)

// document is the contract's JSON. AccountId is read by the Go SDK and botocore for account-based endpoints.
type document struct {
	Version         int
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string `json:",omitempty"`
	Expiration      string `json:",omitempty"` // RFC 3339, UTC, to the second
	AccountID       string `json:"AccountId,omitempty"`
}

// Format writes the session as one line of JSON with a line feed at its end. A session without an end (a long-lived
// key) has no Expiration, which tells the SDKs to ask once only.
func Format(s helper.Session) ([]byte, error) {
	if s.AccessKeyID == "" || s.SecretAccessKey == "" {
		return nil, errors.New("write credential_process document: the session is incomplete")
	}
	d := document{
		Version: 1, AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey,
		SessionToken: s.SessionToken, AccountID: s.AccountID,
	}
	if !s.Expires.IsZero() {
		d.Expiration = s.Expires.UTC().Format(time.RFC3339)
	}
	out, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("write credential_process document: %w", err)
	}
	return append(out, '\n'), nil
}

// Parse reads a document back. Version must be 1. Errors never quote the document, since it is secret.
func Parse(data []byte) (helper.Session, error) {
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return helper.Session{}, errors.New("read credential_process document: it is no JSON of that shape")
	}
	switch {
	case d.Version != 1:
		return helper.Session{}, fmt.Errorf("read credential_process document: its version is %d, not 1", d.Version)
	case d.AccessKeyID == "" || d.SecretAccessKey == "":
		return helper.Session{}, errors.New("read credential_process document: AccessKeyId or SecretAccessKey is missing")
	}
	s := helper.Session{
		AccessKeyID: d.AccessKeyID, SecretAccessKey: d.SecretAccessKey,
		SessionToken: d.SessionToken, AccountID: d.AccountID,
	}
	if d.Expiration == "" {
		return s, nil
	}
	expires, err := time.Parse(time.RFC3339, d.Expiration)
	if err != nil {
		return helper.Session{}, errors.New("read credential_process document: Expiration is no RFC 3339 time")
	}
	s.Expires = expires.UTC()
	return s, nil
}
