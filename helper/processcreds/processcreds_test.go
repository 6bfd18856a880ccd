package processcreds_test

import (
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

func TestParseRefuses(t *testing.T) {
	for _, doc := range []string{
		"", "{", "[]", `{"Version":2,"AccessKeyId":"a","SecretAccessKey":"secret"}`, `{"Version":1,"SecretAccessKey":"secret"}`,
		`{"Version":1,"AccessKeyId":"a","SecretAccessKey":"secret","Expiration":"soon"}`,
	} {
		s, err := processcreds.Parse([]byte(doc))
		if err == nil || s != (helper.Session{}) {
			t.Errorf("Parse(%q) = %v, %v; want an error alone", doc, s, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret\"") {
			t.Errorf("the error quotes the document: %v", err)
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
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
		got, err := processcreds.Parse(doc)
		if err != nil {
			t.Fatal(err)
		}
		valid := strings.ToValidUTF8(id+secret+token+account, "") == id+secret+token+account
		if valid && got != s {
			t.Errorf("read back %v as another session", s)
		}
	})
}
