package gitcred_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"credmint/helper/gitcred"
)

// FuzzRead: what is read can be written, unless a line is too long, and reads as the same.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "protocol=https\nhost=h\n\nrest", "capability[]=authtype\nauthtype=Bearer\ncredential=t\n",
		"host=a\rhost=b\n", "host=\x00\n", "username=\npassword=\n", "state[]=a\nstate[]=\n", "wwwauth[]=" + strings.Repeat("x", 200) + "\n",
		"password_expiry_utc=1767272400\nephemeral=1\ncontinue=no\n", "password_expiry_utc=-1\n", "path=\xff\n", "x", "=\n", "host=cut",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := gitcred.Read(bytes.NewReader(in))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := gitcred.Write(&out, c); err != nil {
			if len(in) < 65535 {
				t.Fatalf("Write after Read(%q): %v", in, err)
			}
			return
		}
		again, err := gitcred.Read(&out)
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("%q reads as %s, then as %s, %v", in, show(c), show(again), err)
		}
	})
}

// FuzzWrite: what is written reads as the same, and no value becomes another attribute.
func FuzzWrite(f *testing.F) {
	f.Add("https", "h", "p", "u", "secret", "r", "Basic", "t", "s", int64(1767272400), true, uint8(0))
	f.Add("https", "h\nhost=evil", "p\r", "", "", "\x00", "", "", "a", int64(0), false, uint8(255))
	f.Add("cert", "", "\x1b", "\xff", "a=b", "", "", "", "", int64(-1), false, uint8(7))
	f.Fuzz(func(t *testing.T, protocol, host, path, username, password, refresh, authtype, credential, state string,
		expiry int64, ephemeral bool, absent uint8,
	) {
		some := func(bit int, s string) gitcred.Value {
			if absent>>bit&1 == 1 {
				return gitcred.Value{}
			}
			return gitcred.Some(s)
		}
		c := gitcred.Credential{
			Protocol: some(0, protocol), Host: some(1, host), Path: some(2, path), Username: some(3, username),
			Password: some(4, password), OAuthRefreshToken: some(5, refresh), AuthType: some(6, authtype),
			Credential: some(7, credential), State: []string{state}, Ephemeral: ephemeral,
		}
		if expiry != 0 {
			c.PasswordExpiry = time.Unix(expiry, 0).UTC()
		}
		var out bytes.Buffer
		if err := gitcred.Write(&out, c); err != nil {
			if out.Len() > 0 {
				t.Errorf("an error after %q was written", out.Bytes())
			}
			return
		}
		got, err := gitcred.Read(bytes.NewReader(out.Bytes()))
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%q reads as %s, %v", out.Bytes(), show(got), err)
		}
	})
}

// FuzzSaved: a login that is stored comes back as it was, and to nobody who asks for another.
func FuzzSaved(f *testing.F) {
	f.Add("h", "p", "u", "secret", "h", "p", "u")
	f.Add("h", "", "", "", "h", "", "")
	f.Add("h:8443", "é\xff", "a,b", "\xff\x1b\"<>&\u2028", "h", "é", "a")
	f.Fuzz(func(t *testing.T, host, path, username, password, otherHost, otherPath, otherUser string) {
		saved, _ := newSaved()
		some := gitcred.Some
		login := gitcred.Credential{Protocol: some("https"), Host: some(host), Path: some(path), Username: some(username), Password: some(password)}
		if host == "" || saved.Store(t.Context(), login) != nil {
			return
		}
		login.Password = gitcred.Value{}
		got, err := saved.Get(t.Context(), login)
		if err != nil || got.Username.Text() != username || !got.Password.IsSet() || got.Password.Text() != password {
			t.Errorf("stored %q, %q; got %s, %v", username, password, show(got), err)
		}
		other := gitcred.Credential{Protocol: some("https"), Host: some(otherHost), Path: some(otherPath), Username: some(otherUser)}
		got, err = saved.Get(t.Context(), other)
		same := otherHost == host && otherPath == path && otherUser == username
		if err != nil || got.Password.IsSet() != same {
			t.Errorf("Get(%q, %q, %q) = %s, %v", otherHost, otherPath, otherUser, show(got), err)
		}
	})
}
