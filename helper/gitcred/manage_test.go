package gitcred_test

import (
	"errors"
	"testing"
	"time"

	"credmint/helper/gitcred"
)

func TestCompare(t *testing.T) {
	saved, m := newSaved()
	play(t, saved, []step{
		{"store", "username=a password=1", ""},
		{"store", "path=x username=b password=2", ""},
		{"store", "username=e password=3 password_expiry_utc=1767276000", ""},
		{"store", "username=gone password=4", ""},
		{"erase", "username=gone", ""},
		{"store", "username=t authtype=Bearer credential=5", ""},
	})
	some, none := gitcred.Some, gitcred.Value{}
	saved.Now = func() time.Time { return now().Add(2 * time.Hour) }
	for _, tt := range []struct {
		path     gitcred.Value
		username string
		password string
		want     gitcred.Comparison
	}{
		{none, "a", "1", gitcred.Same},
		{none, "a", "2", gitcred.Different},
		{none, "A", "1", gitcred.Missing},
		{some("x"), "a", "1", gitcred.Missing},
		{some("x"), "b", "2", gitcred.Same},
		{none, "b", "2", gitcred.Missing}, // what is kept is for one path only
		{some(""), "a", "1", gitcred.Missing},
		{none, "e", "3", gitcred.Missing},
		{none, "gone", "4", gitcred.Missing},
		{none, "t", "5", gitcred.Different},
	} {
		c := gitcred.Credential{Protocol: some("https"), Host: some("h"), Path: tt.path, Username: some(tt.username), Password: some(tt.password)}
		if got, err := saved.Compare(t.Context(), c); got != tt.want || err != nil {
			t.Errorf("Compare(%q, %q, %q) = %v, %v, want %v", tt.path.Text(), tt.username, tt.password, got, err, tt.want)
		}
	}
	m.broken = errors.New("the keychain is locked")
	c := gitcred.Credential{Protocol: some("https"), Host: some("h"), Username: some("a"), Password: some("1")}
	if got, err := saved.Compare(t.Context(), c); got == gitcred.Same || !errors.Is(err, m.broken) {
		t.Errorf("Compare = %v, %v", got, err)
	}
}

func TestRemove(t *testing.T) {
	saved, m := newSaved()
	remove := func(username string, want int) {
		t.Helper()
		c := gitcred.Credential{Protocol: gitcred.Some("https"), Host: gitcred.Some("h")}
		if username != "" {
			c.Username = gitcred.Some(username)
		}
		if n, err := saved.Remove(t.Context(), c); n != want || err != nil {
			t.Errorf("Remove(%s) = %d, %v, want %d", username, n, err, want)
		}
	}
	play(t, saved, []step{
		{"store", "username=a password=1", ""},
		{"store", "username=b password=2", ""},
		{"store", "path=x username=b password=3", ""},
		{"store", "username=c password=4", ""},
		{"erase", "username=b", ""},
	})
	remove("b", 2)
	remove("b", 0)
	play(t, saved, []step{{"get", "username=a", "username=a password=1"}, {"get", "username=c", "username=c password=4"}})
	remove("", 2)
	if len(m.items) != 0 {
		t.Error("an item without logins is left")
	}
}
