package gitcred_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"credmint/helper/gitcred"
)

func TestSavedWritesOnlyChanges(t *testing.T) {
	saved, m := newSaved()
	for i, s := range []struct {
		step
		writes int
	}{
		{step{"store", "username=a password=1 path=p", ""}, 1},
		{step{"store", "username=a password=1 path=p", ""}, 1},
		{step{"store", "username=b password=2", ""}, 2},
		{step{"store", "username=a password=1 path=p", ""}, 2},                         // not even for being the last
		{step{"store", "username=e password=3 password_expiry_utc=1767272400", ""}, 2}, // expires this very second
		{step{"store", "username=e", ""}, 2},
		{step{"store", "password=3", ""}, 2},
		{step{"get", "", "username=b password=2"}, 2},
		{step{"erase", "username=c", ""}, 2},
		{step{"erase", "username=b password=1", ""}, 2},
		{step{"erase", "username=b", ""}, 3},
		{step{"erase", "username=b", ""}, 3},
		{step{"erase", "username=b password=2", ""}, 4},
		{step{"erase", "username=b password=2", ""}, 4},
	} {
		play(t, saved, []step{s.step})
		if m.writes != s.writes {
			t.Errorf("step %d, %v: %d writes, want %d", i+1, s.step, m.writes, s.writes)
		}
	}
}

func TestSavedItems(t *testing.T) {
	saved, m := newSaved()
	play(t, saved, []step{
		{"store", "username=bob password=1", ""},
		{"store", "username=alice password=1", ""},
		{"store", "path=x username=alice password=1", ""},
		{"store", "authtype=Bearer credential=c", ""},
		{"store", "protocol=http host=h:8080 username=carol password=1", ""},
	})
	if m.items["git/http://h:8080"] == nil || len(m.items) != 2 {
		t.Errorf("%d items", len(m.items))
	}
	play(t, saved, []step{{"erase", "username=alice", ""}, {"erase", "credential=c", ""}})
	play(t, saved, []step{{"erase", "password=1", ""}})
	if m.items["git/https://h"] != nil || len(m.items) != 1 {
		t.Error("an item without logins is left")
	}
}

func TestEraseOfAHostCanBeTakenBack(t *testing.T) {
	saved, m := newSaved()
	host := gitcred.Credential{Protocol: gitcred.Some("https"), Host: gitcred.Some("h")}
	restore := func(want int) {
		t.Helper()
		if n, err := saved.Restore(t.Context(), host); n != want || err != nil {
			t.Errorf("Restore = %d, %v; want %d", n, err, want)
		}
	}
	play(t, saved, []step{
		{"store", "username=a password=1", ""},
		{"store", "username=b password=2", ""},
		{"erase", "", ""},
		{"get", "", ""},
		{"erase", "", ""}, // a second one takes nothing more
	})
	restore(2)
	restore(0)
	play(t, saved, []step{
		{"get", "username=a", "username=a password=1"},
		{"erase", "", ""},
		{"store", "username=a password=3", ""}, // takes the place of the marked one
	})
	restore(1)
	play(t, saved, []step{
		{"get", "username=a", "username=a password=3"},
		{"get", "username=b", "username=b password=2"},
		{"erase", "username=b", ""},
		{"erase", "username=b password=2", ""}, // with the secret it is gone, marked or not
	})
	restore(0)
	play(t, saved, []step{{"erase", "", ""}})
	saved.Now = func() time.Time { return now().Add(20 * 24 * time.Hour) }
	play(t, saved, []step{{"erase", "", ""}}) // does not make it last longer
	saved.Now = func() time.Time { return now().Add(31 * 24 * time.Hour) }
	play(t, saved, []step{{"store", "username=c password=4", ""}})
	restore(0)
	if strings.Contains(string(m.items["git/https://h"]), "erased") {
		t.Error("what was erased 31 days ago is still kept")
	}
}

func TestOnly(t *testing.T) {
	saved, _ := newSaved()
	host := gitcred.Credential{Protocol: gitcred.Some("https"), Host: gitcred.Some("h")}
	only := func(want string) {
		t.Helper()
		if c, err := saved.Only(t.Context(), host); err != nil || c.Username.Text() != want {
			t.Errorf("Only = %s, %v; want user %q", show(c), err, want)
		}
	}
	only("")
	play(t, saved, []step{{"store", "username=a password=1", ""}, {"store", "username=x authtype=Bearer credential=c", ""}})
	only("a")
	play(t, saved, []step{{"store", "username=b password=2", ""}})
	only("")
	play(t, saved, []step{{"erase", "username=a", ""}})
	only("b")
}

// An item that cannot be read is not an empty one: nothing is answered from it, and nothing takes its place.
func TestDamagedItem(t *testing.T) {
	for name, item := range map[string]string{
		"empty":              "",
		"null":               "null",
		"no logins":          "[]",
		"cut off":            `[{"username":"dQ==","password":"c2VjcmV0"`,
		"something after it": `[{"username":"dQ==","password":"c2VjcmV0"}] x`,
		"a later version":    `[{"username":"dQ==","password":"c2VjcmV0","passkey":"x"}]`,
		"not base64":         `[{"username":"u","password":"secret!"}]`,
		"another type":       `{"username":"dQ==","password":"c2VjcmV0"}`,
	} {
		t.Run(name, func(t *testing.T) {
			saved, m := newSaved()
			m.items["git/https://h"] = []byte(item)
			for _, action := range []string{"get", "store", "erase"} {
				out, err := try(t, saved, action, "protocol=https", "host=h", "username=u", "password=1")
				if err == nil || out != "" || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "c2VjcmV0") {
					t.Errorf("%s: printed %q, %v", action, out, err)
				}
			}
			if m.writes != 0 || string(m.items["git/https://h"]) != item {
				t.Error("the item was written over")
			}
		})
	}
}

func TestStoreFailures(t *testing.T) {
	saved, m := newSaved()
	m.broken = errors.New("the keychain is locked")
	for _, action := range []string{"get", "store", "erase"} {
		out, err := try(t, saved, action, "protocol=https", "host=h", "username=u", "password=secret")
		if !errors.Is(err, m.broken) || out != "" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: printed %q, %v; want %v", action, out, err, m.broken)
		}
	}
}

// What Write would refuse to hand out must not be kept, whoever stores it.
func TestStoreRefusesWhatCannotBeHandedOut(t *testing.T) {
	some := gitcred.Some
	for _, password := range []string{"secret\n", "secret\r", "\x00secret", strings.Repeat("secret", 11000)} {
		saved, m := newSaved()
		c := gitcred.Credential{Protocol: some("https"), Host: some("h"), Username: some("u"), Password: some(password)}
		if err := saved.Store(t.Context(), c); err == nil || m.writes != 0 || strings.Contains(err.Error(), "secret") {
			t.Errorf("Store(%.10q): %v, %d writes", password, err, m.writes)
		}
	}
}
