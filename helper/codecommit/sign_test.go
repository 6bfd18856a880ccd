package codecommit_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/codecommit"
)

// TestSign compares with what AWS's own tool signs: testdata/signatures.json was written by aws-cli 2.9.19's
// CodeCommitGetCommand, with its clock set.
func TestSign(t *testing.T) {
	data, err := os.ReadFile("testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Host, Region, Path, Secret, Token, Username, Password string

		AccessKeyID string `json:"access_key_id"`
		At          time.Time
	}
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) < 10 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			host, ok := codecommit.ParseHost("https", v.Host)
			if !ok || host.Region != v.Region {
				t.Fatalf("ParseHost(%q) = %v, %t; want region %s", v.Host, host, ok, v.Region)
			}
			s := helper.Session{AccessKeyID: v.AccessKeyID, SecretAccessKey: v.Secret, SessionToken: v.Token}
			for _, at := range []time.Time{v.At, v.At.In(time.FixedZone("", -11*3600)), v.At.Add(999 * time.Millisecond)} {
				username, password, err := codecommit.Sign(s, host, v.Path, at)
				if username != v.Username || password != v.Password || err != nil {
					t.Errorf("Sign at %v = %q, %q, %v; want %q, %q", at, username, password, err, v.Username, v.Password)
				}
			}
			// git cuts leading slashes off; one that comes all the same changes nothing.
			if _, password, _ := codecommit.Sign(s, host, "/"+v.Path, v.At); password != v.Password {
				t.Errorf("Sign with a leading slash = %q, want %q", password, v.Password)
			}
		})
	}
}

func TestSignRefuses(t *testing.T) {
	whole := helper.Session{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret"}
	for name, tt := range map[string]struct {
		session helper.Session
		path    string
	}{
		"no secret":       {helper.Session{AccessKeyID: "AKIAIOSFODNN7EXAMPLE"}, "v1/repos/x"},
		"no key id":       {helper.Session{SecretAccessKey: "secret"}, "v1/repos/x"},
		"no path":         {whole, ""},
		"slashes":         {whole, "//"},
		"query alone":     {whole, "?x"},
		"another request": {whole, "v1/repos/x\n\nhost:evil.example"},
		"NUL":             {whole, "v1/repos/x\x00"},
	} {
		username, password, err := codecommit.Sign(tt.session, codecommit.Host{Name: "h", Region: "r"}, tt.path, now())
		if err == nil || username != "" || password != "" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: Sign = %q, %q, %v; want an error alone", name, username, password, err)
		}
	}
}

func now() time.Time { return time.Date(2026, 1, 1, 13, 0, 0, 0, time.UTC) }
