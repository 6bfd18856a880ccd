package gitcred_test

import (
	"strings"
	"testing"
)

// TestAsGitsOwn is what git checks of any storage helper (git's t/lib-credential.sh, which t0303 runs), one sub-test
// for each of its groups, in its order and upon one store.
func TestAsGitsOwn(t *testing.T) {
	const authtype = "capability[]=authtype "
	saved, _ := newSaved()
	groups := []struct {
		name  string
		steps []step
	}{
		{"has no existing data", []step{{"get", "protocol=https host=example.com", ""}}},
		{"stores password", []step{{"store", "protocol=https host=example.com username=store-user password=store-pass", ""}}},
		{"can retrieve password", []step{{"get", "protocol=https host=example.com", "username=store-user password=store-pass"}}},
		{"requires matching protocol", []step{{"get", "protocol=http host=example.com", ""}}},
		{"requires matching host", []step{{"get", "protocol=https host=other.tld", ""}}},
		{"requires matching username", []step{{"get", "protocol=https host=example.com username=other", ""}}},
		{"requires matching path", []step{
			{"store", "protocol=http host=path.tld path=foo.git username=user password=pass", ""},
			{"get", "protocol=http host=path.tld path=bar.git", ""},
		}},
		{"overwrites on store", []step{
			{"store", "protocol=https host=overwrite.tld username=user-overwrite password=pass1", ""},
			{"store", "protocol=https host=overwrite.tld username=user-overwrite password=pass2", ""},
			{"get", "protocol=https host=overwrite.tld username=user-overwrite", "username=user-overwrite password=pass2"},
			{"erase", "protocol=https host=overwrite.tld username=user-overwrite password=pass2", ""},
			{"get", "protocol=https host=overwrite.tld username=user-overwrite", ""},
		}},
		{"can forget host", []step{
			{"erase", "protocol=https host=example.com", ""},
			{"get", "protocol=https host=example.com", ""},
		}},
		{"can store multiple users", []step{
			{"store", "protocol=https host=example.com username=user1 password=pass1", ""},
			{"store", "protocol=https host=example.com username=user2 password=pass2", ""},
			{"get", "protocol=https host=example.com username=user1", "username=user1 password=pass1"},
			{"get", "protocol=https host=example.com username=user2", "username=user2 password=pass2"},
		}},
		{"does not erase a password distinct from input", []step{
			{"store", "protocol=https host=example.com username=user-distinct-pass password=pass1", ""},
			{"erase", "protocol=https host=example.com username=user-distinct-pass password=pass2", ""},
			{"get", "protocol=https host=example.com username=user-distinct-pass", "username=user-distinct-pass password=pass1"},
		}},
		{"can forget user", []step{
			{"erase", "protocol=https host=example.com username=user1", ""},
			{"get", "protocol=https host=example.com username=user1", ""},
		}},
		{"remembers other user", []step{{"get", "protocol=https host=example.com username=user2", "username=user2 password=pass2"}}},
		{"can store empty username", []step{
			{"store", "protocol=https host=sso.tld username= password=", ""},
			{"get", "protocol=https host=sso.tld", "username= password="},
		}},
		{"erases all matching credentials", []step{
			{"store", "protocol=https host=example.com username=user-erase1 password=pass1", ""},
			{"store", "protocol=https host=example.com username=user-erase2 password=pass1", ""},
			{"erase", "protocol=https host=example.com", ""},
			{"get", "protocol=https host=example.com", ""},
		}},
		{"not confused by long header", []step{
			{"store", "protocol=https host=victim.example.com username=user password=to-be-stolen", ""},
			{"get", "protocol=https host=badguy.example.com wwwauth[]=basic/" + strings.Repeat("a", 1024) + "host=victim.example.com", ""},
		}},
		{"stores password_expiry_utc", []step{
			{"store", "protocol=https host=timeout.tld username=user password=pass password_expiry_utc=9999999999", ""},
		}},
		{"gets password_expiry_utc", []step{
			{"get", "protocol=https host=timeout.tld", "username=user password=pass password_expiry_utc=9999999999"},
		}},
		{"overwrites when password_expiry_utc changes", []step{
			{"store", "protocol=https host=timeout.tld username=user password=pass password_expiry_utc=9999999998", ""},
			{"get", "protocol=https host=timeout.tld", "username=user password=pass password_expiry_utc=9999999998"},
		}},
		{"stores oauth_refresh_token", []step{
			{"store", "protocol=https host=refresh.tld username=user password=pass oauth_refresh_token=xyzzy", ""},
		}},
		{"gets oauth_refresh_token", []step{
			{"get", "protocol=https host=refresh.tld", "username=user password=pass oauth_refresh_token=xyzzy"},
		}},
		{"overwrites when oauth_refresh_token changes", []step{
			{"store", "protocol=https host=refresh.tld username=user password=pass oauth_refresh_token=plugh", ""},
			{"get", "protocol=https host=refresh.tld", "username=user password=pass oauth_refresh_token=plugh"},
		}},
		{"stores authtype and credential", []step{
			{"store", authtype + "protocol=https host=git.example.com authtype=Bearer credential=random-token", ""},
		}},
		{"gets authtype and credential", []step{
			{"get", authtype + "protocol=https host=git.example.com", authtype + "authtype=Bearer credential=random-token"},
		}},
		{"gets authtype and credential only if request has authtype capability", []step{
			{"get", "protocol=https host=git.example.com", ""},
		}},
		{"stores authtype and credential with username", []step{
			{"store", authtype + "protocol=https host=git.example.com username=foobar authtype=Bearer credential=other-token", ""},
		}},
		{"gets authtype and credential with username", []step{
			{"get", authtype + "protocol=https host=git.example.com username=foobar", authtype + "username=foobar authtype=Bearer credential=other-token"},
		}},
		{"does not get authtype and credential with different username", []step{
			{"get", authtype + "protocol=https host=git.example.com username=barbaz", ""},
		}},
		{"does not store ephemeral authtype and credential", []step{
			{"store", authtype + "protocol=https host=git2.example.com authtype=Bearer credential=git2-token ephemeral=1", ""},
			{"get", authtype + "protocol=https host=git2.example.com", ""},
		}},
		{"does not store ephemeral username and password", []step{
			{"store", authtype + "protocol=https host=git2.example.com username=barbaz password=secret ephemeral=1", ""},
			{"get", authtype + "protocol=https host=git2.example.com", ""},
		}},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) { play(t, saved, g.steps) })
	}
}
