package gitcred_test

import (
	"strings"
	"testing"
	"time"

	"credmint/helper/gitcred"
)

// step is one call of git: what it says, and what it hears.
type step struct {
	action string
	in     string // attributes, separated by spaces; protocol=https host=h where it names no host
	want   string // the same
}

func play(t *testing.T, saved gitcred.Saved, steps []step) {
	t.Helper()
	for i, s := range steps {
		in := strings.Fields(s.in)
		if !strings.Contains(s.in, "host=") {
			in = append([]string{"protocol=https", "host=h"}, in...)
		}
		if got, want := run(t, saved, s.action, in...), text(strings.Fields(s.want)...); got != want {
			t.Errorf("step %d, %s %s: printed %q, want %q", i+1, s.action, s.in, got, want)
		}
	}
}

func TestSaved(t *testing.T) {
	const later, past = "password_expiry_utc=1767276000", "password_expiry_utc=1767272399" // an hour, minus a second
	tests := map[string][]step{
		"the last one stored wins": {
			{"store", "username=a password=1", ""},
			{"store", "username=b password=2", ""},
			{"get", "", "username=b password=2"},
			{"get", "username=a", "username=a password=1"},
			{"store", "username=a password=3", ""},
			{"get", "", "username=a password=3"},
			{"get", "username=b", "username=b password=2"},
			{"get", "username=A", ""},
			{"get", "username=", ""},
		},
		"stored with a path": {
			{"store", "path=x.git username=u password=1", ""},
			{"get", "", "username=u password=1"},
			{"get", "path=x.git", "username=u password=1"},
			{"get", "path=x", ""},
			{"get", "path=", ""},
		},
		"stored without a path": {
			{"store", "username=u password=1", ""},
			{"get", "path=x.git", ""},
			{"store", "path=x.git username=u password=2", ""},
			{"get", "path=x.git", "username=u password=2"},
			{"erase", "path=x.git username=u password=2", ""},
			{"get", "", "username=u password=1"},
		},
		"hosts are exact": {
			{"store", "username=u password=1", ""},
			{"get", "protocol=https host=h:443", ""},
			{"get", "protocol=https host=H", ""},
			{"get", "protocol=https host=h.", ""},
			{"get", "protocol=https host=h/", ""},
			{"get", "protocol=https host=sub.h", ""},
			{"get", "protocol=http host=h", ""},
			{"get", "protocol=HTTPS host=h", ""},
		},
		"a certificate's pass phrase": {
			{"store", "protocol=cert host= path=/k.pem username= password=1", ""},
			{"get", "protocol=cert host= path=/k.pem", "username= password=1"},
			{"get", "protocol=cert host= path=/l.pem", ""},
		},
		"empty user name and password": {
			{"store", "username= password=", ""},
			{"get", "", "username= password="},
			{"get", "username=", "username= password="},
			{"erase", "username= password=x", ""},
			{"get", "", "username= password="},
			{"erase", "username= password=", ""},
			{"get", "", ""},
		},
		"empty and absent are not the same": {
			{"store", "authtype=Bearer credential=t", ""},
			{"get", "capability[]=authtype username=", ""},
			{"store", "username= password=1", ""},
			{"store", "path= username= password=2", ""},
			{"get", "path=", "username= password=2"},
			{"erase", "path= username=", ""},
			{"get", "capability[]=authtype username=", "username= password=1"},
			{"erase", "username=", ""},
			{"get", "capability[]=authtype", "capability[]=authtype authtype=Bearer credential=t"},
		},
		"half a login is not stored": {
			{"store", "", ""},
			{"store", "username=u", ""},
			{"store", "password=1", ""},
			{"store", "authtype=Bearer username=u", ""},
			{"store", "credential=t username=u", ""},
			{"get", "capability[]=authtype", ""},
		},
		"a password that has not expired": {
			{"store", "username=u password=1 " + later, ""},
			{"get", "", "username=u password=1 " + later},
			{"store", "username=u password=2", ""},
			{"get", "", "username=u password=2"},
		},
		"an expired one is not stored": {
			{"store", "username=u password=1 " + later, ""},
			{"store", "username=u password=2 " + past, ""},
			{"store", "username=v password=2 password_expiry_utc=1767272400", ""}, // this very second
			{"get", "", "username=u password=1 " + later},
			{"get", "username=v", ""},
		},
		"refresh token": {
			{"store", "username=u password=1 oauth_refresh_token=r", ""},
			{"get", "", "username=u password=1 oauth_refresh_token=r"},
			{"store", "username=u password=1 oauth_refresh_token=s", ""},
			{"get", "", "username=u password=1 oauth_refresh_token=s"},
			{"store", "username=u password=1", ""},
			{"get", "", "username=u password=1"},
		},
		"ephemeral": {
			{"store", "username=u password=1 ephemeral=1", ""},
			{"store", "capability[]=authtype authtype=Basic credential=c ephemeral=true", ""},
			{"get", "capability[]=authtype", ""},
			{"store", "username=u password=1 ephemeral=0", ""},
			{"get", "", "username=u password=1"},
		},
		"authtype is for gits that know it": {
			{"store", "username=u authtype=Bearer credential=t", ""},
			{"get", "", ""},
			{"get", "capability[]=authtype", "capability[]=authtype username=u authtype=Bearer credential=t"},
			{"erase", "capability[]=authtype authtype=Bearer credential=x", ""},
			{"get", "capability[]=authtype", "capability[]=authtype username=u authtype=Bearer credential=t"},
			{"erase", "capability[]=authtype authtype=Bearer credential=t", ""},
			{"get", "capability[]=authtype", ""},
		},
		"a password replaces a credential of the same user": {
			{"store", "username=u authtype=Bearer credential=t", ""},
			{"store", "username=u password=1", ""},
			{"get", "capability[]=authtype", "username=u password=1"},
		},
		"a password for a git that knows no authtype": {
			{"store", "username=u password=1", ""},
			{"store", "username=v authtype=Bearer credential=t", ""},
			{"get", "", "username=u password=1"},
		},
		"get does not ask for the password it is told": {
			{"store", "username=u password=1", ""},
			{"get", "password=2", "username=u password=1"},
			{"get", "username=u credential=x", "username=u password=1"},
			{"get", "username=v password=1", ""},
		},
		"erase what is named": {
			{"store", "username=a password=1", ""},
			{"store", "username=b password=1", ""},
			{"store", "username=c password=2", ""},
			{"erase", "username=a password=2", ""},
			{"get", "username=a", "username=a password=1"},
			{"erase", "password=1", ""},
			{"get", "username=a", ""},
			{"get", "username=b", ""},
			{"get", "username=c", "username=c password=2"},
			{"erase", "username=c", ""},
			{"get", "username=c", ""},
		},
		"erase a path": {
			{"store", "path=x username=a password=1", ""},
			{"store", "path=y username=a password=1", ""},
			{"erase", "path=x", ""},
			{"get", "path=x", ""},
			{"get", "path=y", "username=a password=1"},
		},
		"erase another host": {
			{"store", "username=a password=1", ""},
			{"erase", "protocol=https host=", ""},
			{"erase", "protocol= host=h", ""},
			{"erase", "protocol=http host=h", ""},
			{"erase", "protocol=https host=h:443 password=1", ""},
			{"get", "", "username=a password=1"},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			saved, _ := newSaved()
			play(t, saved, steps)
		})
	}
}

func TestSavedExpires(t *testing.T) {
	saved, _ := newSaved()
	play(t, saved, []step{
		{"store", "username=u password=1 password_expiry_utc=1767276000", ""},
		{"store", "username=r password=2 password_expiry_utc=1767276000 oauth_refresh_token=t", ""},
	})
	saved.Now = func() time.Time { return now().Add(time.Hour) }
	play(t, saved, []step{
		{"get", "username=u", ""},
		{"get", "", "username=r oauth_refresh_token=t"},
		{"get", "username=r", "username=r oauth_refresh_token=t"},
		{"store", "username=w password=3", ""},
		{"get", "", "username=w password=3"}, // one that opens something goes before one that has to be renewed
	})
}
