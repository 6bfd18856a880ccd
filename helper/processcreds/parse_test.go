package processcreds_test

import (
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/processcreds"
)

var now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestParse(t *testing.T) {
	const head = `{"Version":1,"AccessKeyId":"ASIA","SecretAccessKey":"s/+=","SessionToken":"t"`
	session := helper.Session{AccessKeyID: "ASIA", SecretAccessKey: "s/+=", SessionToken: "t", Issued: now}
	until := session
	until.Expires = now.Add(time.Hour)
	of := until
	of.AccountID = "111111111111"
	tests := map[string]struct {
		document string
		want     helper.Session
	}{
		"all fields":          {head + `,"Expiration":"2026-01-01T13:00:00Z","AccountId":"111111111111"}`, of},
		"indented":            {"\n {\n  \"Version\": 1, \"AccessKeyId\": \"ASIA\", \"SecretAccessKey\": \"s/+=\",\r\n\"SessionToken\": \"t\" } \n", session},
		"no end":              {head + `}`, session},
		"an end that is null": {head + `,"Expiration":null}`, session},
		"unknown fields":      {head + `,"Expiration":"2026-01-01T13:00:00Z","CredentialScope":{"a":[1]},"Expiry":3}`, until},
		"another zone":        {head + `,"Expiration":"2026-01-01T14:00:00+01:00"}`, until},
		"a zone, no colon":    {head + `,"Expiration":"2026-01-01T14:00:00+0100"}`, until},
		"fractions":           {head + `,"Expiration":"2026-01-01T13:00:00.000000Z"}`, until},
		"a space for the T":   {head + `,"Expiration":"2026-01-01 13:00:00Z"}`, until},
		"the basic format":    {head + `,"Expiration":"20260101T130000Z"}`, until},
		"a long-lived key":    {`{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s"}`, helper.Session{AccessKeyID: "AKIA", SecretAccessKey: "s", Issued: now}},
		"an empty token":      {`{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s","SessionToken":""}`, helper.Session{AccessKeyID: "AKIA", SecretAccessKey: "s", Issued: now}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := processcreds.Parse([]byte(tt.document), now); err != nil || got != tt.want {
				t.Errorf("got %v of %s until %s, %v", got, got.AccountID, got.Expires, err)
			}
		})
	}
}

func TestParseRefusals(t *testing.T) {
	const secret = "wJalrXUtnFEMI"
	const head = `{"Version":1,"AccessKeyId":"ASIA` + secret + `","SecretAccessKey":"` + secret + `"`
	tests := map[string]struct{ document, want string }{
		"nothing":              {"", "not one JSON object"},
		"null":                 {"null", "not one JSON object"},
		"a list":               {"[1]", "not one JSON object"},
		"words":                {"Password: " + secret, "not one JSON object"},
		"cut off":              {head, "not one JSON object"},
		"words before":         {"ok\n" + head + "}", "not one JSON object"},
		"words after":          {head + "}\nok", "not one JSON object"},
		"two documents":        {head + "}" + head + "}", "not one JSON object"},
		"a byte order mark":    {"\ufeff" + head + "}", "not one JSON object"},
		"no version":           {strings.Replace(head, `"Version":1,`, "", 1) + "}", "no Version 1"},
		"version 2":            {strings.Replace(head, `:1`, ":2", 1) + "}", "no Version 1"},
		"version as text":      {strings.Replace(head, `:1`, `:"1"`, 1) + "}", "no Version 1"},
		"no key":               {strings.Replace(head, "AccessKeyId", "accesskeyid", 1) + "}", "no AccessKeyId"},
		"no secret":            {strings.Replace(head, `"SecretAccessKey"`, `"Secret"`, 1) + "}", "no SecretAccessKey"},
		"an empty secret":      {`{"Version":1,"AccessKeyId":"A","SecretAccessKey":""}`, "no SecretAccessKey"},
		"a secret that's null": {`{"Version":1,"AccessKeyId":"A","SecretAccessKey":null}`, "no SecretAccessKey"},
		"a number for a key":   {`{"Version":1,"AccessKeyId":5,"SecretAccessKey":"s"}`, "AccessKeyId is no text"},
		"an account number":    {head + `,"AccountId":111111111111}`, "AccountId is no text"},
		"a line feed":          {head + `,"SessionToken":"a\nb"}`, "SessionToken holds a character"},
		"an escape":            {head + `,"AccountId":"\u001b[31m"}`, "AccountId holds a character"},
		"over":                 {head + `,"Expiration":"2026-01-01T11:59:00Z"}`, "ended 1m0s ago"},
		"over just now":        {head + `,"Expiration":"2026-01-01T12:00:00Z"}`, "ended 0s ago"},
		"no zone":              {head + `,"Expiration":"2026-01-01T13:00:00"}`, "no time with a zone"},
		"seconds since 1970":   {head + `,"Expiration":1767272400}`, "Expiration is no text"},
		"no time":              {head + `,"Expiration":"` + secret + `"}`, "no time with a zone"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := processcreds.Parse([]byte(tt.document), now)
			if err == nil || !strings.Contains(err.Error(), tt.want) || s != (helper.Session{}) {
				t.Fatalf("got %v, %v; want %q alone", s, err, tt.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error tells the secret: %v", err)
			}
		})
	}
}

// FuzzParse has what is read written and read again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"Version":1,"AccessKeyId":"ASIA","SecretAccessKey":"s","SessionToken":"t","Expiration":"2026-01-01T13:00:00.5Z","AccountId":"1"}`))
	f.Add([]byte(`{"Version":1,"AccessKeyId":"A\u0041","SecretAccessKey":"<>&\\\"","Expiration":null}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		s, err := processcreds.Parse(document, now)
		if err != nil {
			if s != (helper.Session{}) {
				t.Fatal("an error, and a session")
			}
			return
		}
		if !s.ValidAt(now) {
			t.Fatalf("it ended at %s", s.Expires)
		}
		written, err := processcreds.Format(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := processcreds.Parse(written, now)
		if s.Expires = s.Expires.Truncate(time.Second); s.Expires.After(now) && s.Expires.Year() < 10000 && (err != nil || again != s) {
			t.Errorf("%q is read as %v until %s, and written and read again as %v until %s (%v)", document, s, s.Expires, again, again.Expires, err)
		}
	})
}
