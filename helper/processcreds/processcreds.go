// Package processcreds writes and reads the document of AWS's credential_process contract.
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html.
package processcreds

import (
	"encoding/json"
	"errors"
	"time"

	"credmint/helper"
)

// Format writes the session as one line of JSON with a line feed at its end. A session without an end (a long-lived
// key) has no Expiration, which tells the SDKs to ask once only. AccountId is read by the Go SDK and botocore, for
// account-based endpoints.
func Format(s helper.Session) ([]byte, error) {
	if s.AccessKeyID == "" || s.SecretAccessKey == "" {
		return nil, errors.New("write credential_process document: the session is incomplete")
	}
	expiration := ""
	if !s.Expires.IsZero() {
		expiration = s.Expires.UTC().Format(time.RFC3339) // to the second
	}
	out := []byte(`{"Version":1`)
	for _, field := range [][2]string{
		{"AccessKeyId", s.AccessKeyID},
		{"SecretAccessKey", s.SecretAccessKey},
		{"SessionToken", s.SessionToken},
		{"Expiration", expiration},
		{"AccountId", s.AccountID},
	} {
		if field[1] != "" {
			out = append(out, `,"`+field[0]+`":`...)
			out = appendString(out, field[1])
		}
	}
	return append(out, "}\n"...), nil
}

// appendString spares what every call writes the library's reflection: keys and tokens are plain ASCII.
func appendString(to []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string always marshals
			return append(to, quoted...)
		}
	}
	return append(append(append(to, '"'), s...), '"')
}
