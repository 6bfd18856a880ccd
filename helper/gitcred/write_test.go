package gitcred_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"credmint/helper/gitcred"
)

func TestWrite(t *testing.T) {
	some := gitcred.Some
	tests := []struct {
		name string
		c    gitcred.Credential
		want []string
	}{
		{"nothing", gitcred.Credential{}, nil},
		{"empty values", gitcred.Credential{Username: some(""), Password: some("")}, []string{"username=", "password="}},
		{
			"capabilities first",
			gitcred.Credential{
				Protocol: some("https"), Host: some("h"), Path: some("p"), Username: some("u"), Password: some("a=b"),
				OAuthRefreshToken: some("r"), AuthType: some("Bearer"), Credential: some("t"), Ephemeral: true, Continue: true,
				PasswordExpiry: time.Unix(1767272400, 999), State: []string{"s1", "s2"}, WWWAuth: []string{"w"},
				Capabilities: []string{"authtype", "state"},
			},
			[]string{
				"capability[]=authtype", "capability[]=state", "protocol=https", "host=h", "path=p", "username=u", "password=a=b",
				"oauth_refresh_token=r", "authtype=Bearer", "credential=t", "password_expiry_utc=1767272400",
				"ephemeral=1", "continue=1", "state[]=s1", "state[]=s2", "wwwauth[]=w",
			},
		},
	}
	for _, tt := range tests {
		var w counter
		if err := gitcred.Write(&w, tt.c); err != nil || w.String() != text(tt.want...) || w.calls != 1 {
			t.Errorf("%s: Write = %q in %d calls, %v; want %q in one", tt.name, w.String(), w.calls, err, tt.want)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	some := gitcred.Some
	for name, c := range map[string]gitcred.Credential{
		"LF":                        {Password: some("secret\nhost=evil")},
		"CR":                        {Username: some("secret\r")},
		"NUL":                       {Credential: some("secret\x00")},
		"LF in a list":              {State: []string{"a", "secret\nx"}},
		"CR in a capability":        {Capabilities: []string{"secret\r"}},
		"a control character":       {Path: some("secret\x1b")},
		"an empty list element":     {WWWAuth: []string{""}},
		"an expiry before 1970":     {PasswordExpiry: time.Unix(-1, 0)},
		"an expiry after 9999":      {PasswordExpiry: time.Unix(253402300800, 0)},
		"a line git may not expect": {Password: some(strings.Repeat("x", 65535-len("password=")))},
	} {
		var w counter
		err := gitcred.Write(&w, c)
		if err == nil || w.calls != 0 {
			t.Errorf("%s: Write = %d calls, %v; want an error alone", name, w.calls, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error quotes the value: %v", name, err)
		}
	}
}

func TestWriteTakesTheLongestLine(t *testing.T) {
	c := gitcred.Credential{Password: gitcred.Some(strings.Repeat("x", 65535-len("password=\n")))}
	var w counter
	if err := gitcred.Write(&w, c); err != nil || w.Len() != 65535 {
		t.Errorf("Write = %d bytes, %v", w.Len(), err)
	}
}

func TestWriteReportsTheWritersError(t *testing.T) {
	if err := gitcred.Write(full{}, canary()); !errors.Is(err, errFull) {
		t.Errorf("Write: %v, want %v", err, errFull)
	}
}

type counter struct {
	strings.Builder
	calls int
}

func (c *counter) Write(p []byte) (int, error) {
	c.calls++
	return c.Builder.Write(p)
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
