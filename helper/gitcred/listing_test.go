package gitcred_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"credmint/helper/gitcred"
)

// What the index says of a host is what is kept of it, less the secrets.
func TestListing(t *testing.T) {
	saved, m := newSaved()
	list := func(want ...gitcred.Listed) {
		t.Helper()
		l, ok := gitcred.ParseListing("git/https://h", m.about["git/https://h"], saved.Now())
		if !ok || l.Protocol != "https" || l.Host != "h" || l.More != 0 || !slices.Equal(l.Logins, want) {
			t.Errorf("ParseListing = %+v, %v, want %+v", l, ok, want)
		}
	}
	play(t, saved, []step{
		{"store", "username=bob password=1 password_expiry_utc=1767276000 oauth_refresh_token=r", ""},
		{"store", "authtype=Bearer credential=c", ""},
	})
	saved.Now = func() time.Time { return now().Add(time.Minute) }
	play(t, saved, []step{
		{"store", "path=x username=alice\xff password=1", ""},
		{"store", "authtype=Bearer credential=c", ""}, // as before: it gets no younger
	})
	bob := gitcred.Listed{Username: "bob", Stored: now(), Expires: now().Add(time.Hour), Renewable: true}
	bearer := gitcred.Listed{AuthType: "Bearer", Stored: now()}
	alice := gitcred.Listed{Path: "x", Username: "alice\uFFFD", Stored: saved.Now()}
	list(alice, bearer, bob)
	play(t, saved, []step{{"erase", "path=x", ""}, {"erase", "credential=c", ""}})
	alice.Erased = saved.Now()
	list(alice, bob)
	saved.Now = func() time.Time { return now().Add(31 * 24 * time.Hour) }
	list(bob)
	if text := fmt.Sprint(m.about); strings.Contains(text, "MQ==") || strings.Contains(text, "r\"") {
		t.Errorf("the index holds a secret: %s", text)
	}
}

// However many logins a host has, its line in the index has an end, and says what it leaves out.
func TestLongListing(t *testing.T) {
	saved, m := newSaved()
	play(t, saved, []step{{"store", "username=" + strings.Repeat("u", 40000) + " password=1", ""}})
	for i := range 500 {
		play(t, saved, []step{{"store", fmt.Sprintf("path=repository-%d username=alice password=1", i), ""}})
	}
	about := m.about["git/https://h"]
	l, ok := gitcred.ParseListing("git/https://h", about, now())
	if !ok || len(l.Logins) < 100 || len(l.Logins)+l.More != 501 || l.Logins[0].Path != "repository-499" {
		t.Errorf("%d logins and %d more", len(l.Logins), l.More)
	}
	size := 0
	for key, value := range about {
		size += len(key) + len(strconv.Quote(value))
	}
	if size > 60<<10 {
		t.Errorf("the index's line has %d bytes", size)
	}
}

func TestParseListing(t *testing.T) {
	for name, about := range map[string]string{"git/https://h": "", "git/https://i": "{", "git/cert://": "[{}, 1]"} {
		if l, ok := gitcred.ParseListing(name, map[string]string{"logins": about}, now()); !ok || l.More != 1 || len(l.Logins) != 0 {
			t.Errorf("%s: %+v, %v, want that there is something", name, l, ok)
		}
	}
	for _, name := range []string{"aws/https://h", "git/h", ""} {
		if l, ok := gitcred.ParseListing(name, nil, now()); ok {
			t.Errorf("%s: %+v", name, l)
		}
	}
}
