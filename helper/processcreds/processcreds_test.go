package processcreds_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/processcreds"
)

func TestFormat(t *testing.T) {
	s := helper.Session{
		AccessKeyID: "ASIA", SecretAccessKey: "s/+=", SessionToken: "t", AccountID: "111111111111",
		Issued: time.Now(), Expires: time.Date(2026, 1, 1, 14, 0, 0, 5e8, time.FixedZone("CET", 3600)),
	}
	got, err := processcreds.Format(s)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Version":1,"AccessKeyId":"ASIA","SecretAccessKey":"s/+=","SessionToken":"t",` +
		`"Expiration":"2026-01-01T13:00:00Z","AccountId":"111111111111"}` + "\n"
	if string(got) != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestFormatOfAKeyHasNoEnd(t *testing.T) {
	got, err := processcreds.Format(helper.Session{AccessKeyID: "AKIA", SecretAccessKey: "s"})
	if want := `{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s"}` + "\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestFormatRefusesHalfASession(t *testing.T) {
	if got, err := processcreds.Format(helper.Session{AccessKeyID: "AKIA"}); err == nil || got != nil {
		t.Errorf("got %q, %v; want an error alone", got, err)
	}
}

// FuzzFormat has the standard library read back what was written.
func FuzzFormat(f *testing.F) {
	f.Add("AKIA", "s", "t", int64(1767272400), "111111111111")
	f.Add("<>&\u2028", "\"\\", "\x7f", int64(1), "")
	f.Fuzz(func(t *testing.T, id, secret, token string, expires int64, account string) {
		s := helper.Session{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token, AccountID: account}
		if expires > 0 && expires < 1<<37 {
			s.Expires = time.Unix(expires, 0).UTC()
		}
		doc, err := processcreds.Format(s)
		if err != nil {
			return
		}
		if strings.Count(string(doc), "\n") != 1 {
			t.Fatalf("more than one line: %q", doc)
		}
		var got struct {
			Version                                                           int
			AccessKeyId, SecretAccessKey, SessionToken, Expiration, AccountId string
		}
		if err := json.Unmarshal(doc, &got); err != nil {
			t.Fatal(err)
		}
		all := strings.Join([]string{id, secret, token, account}, " ") // apart: halves of a letter are none
		if strings.ToValidUTF8(all, "") != all {
			return // JSON cannot say it
		}
		if got.Version != 1 || got.AccessKeyId != id || got.SecretAccessKey != secret || got.SessionToken != token || got.AccountId != account {
			t.Errorf("%q is read back as %+v", doc, got)
		}
		if at, err := time.Parse(time.RFC3339, got.Expiration); !s.Expires.IsZero() && (err != nil || !at.Equal(s.Expires)) {
			t.Errorf("expires %q, want %s", got.Expiration, s.Expires)
		}
	})
}
