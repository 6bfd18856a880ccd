package gitcred

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"time"
)

// login is one element of an item, which is a JSON array of them, the last one stored first:
//
//	[{"username":"YWxpY2U=","password":"aHVudGVyMg==","expires":1767272400,"refresh_token":"…","stored":1767186000},
//	 {"path":"…","username":"…","password":"…","stored":1767186000,"erased":1767189600},
//	 {"authtype":"QmVhcmVy","credential":"…","stored":1767186000}]
//
// Texts are base64 of their bytes, since passwords need not be UTF-8 and JSON strings must; "" is an empty text, a
// missing one is absent. Times are Unix seconds, 0 and missing the same.
type login struct {
	Path         []byte `json:"path,omitzero"`
	Username     []byte `json:"username,omitzero"`
	Password     []byte `json:"password,omitzero"`
	Expires      int64  `json:"expires,omitzero"` // of password and credential
	RefreshToken []byte `json:"refresh_token,omitzero"`
	AuthType     []byte `json:"authtype,omitzero"`
	Credential   []byte `json:"credential,omitzero"`
	Stored       int64  `json:"stored,omitzero"` // when it became what it is
	Erased       int64  `json:"erased,omitzero"` // when a request that named no secret erased it
}

// Format keeps the secrets out of every verb.
func (login) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("a login")) }

// keepErased is how long a login that was erased without its secret being named can be restored.
const keepErased = 30 * 24 * time.Hour

// itemPrefix is what the names of all items begin with.
const itemPrefix = "git/"

func itemName(c Credential) string { return itemPrefix + c.Protocol.Text() + "://" + c.Host.Text() }

// parseItem is strict: an item that a later version wrote, with more in it than this one knows, must not lose it.
func parseItem(name string, item []byte) ([]login, error) {
	var logins []login
	decoder := json.NewDecoder(bytes.NewReader(item))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&logins)
	if err == nil {
		if _, rest := decoder.Token(); rest != io.EOF || len(logins) == 0 {
			err = io.ErrUnexpectedEOF
		}
	}
	if err != nil { // not wrapped: it may quote the item
		return nil, fmt.Errorf("the item %q is not a list of logins that this version can read", name)
	}
	return logins, nil
}

func formatItem(logins []login) ([]byte, error) {
	if len(logins) == 0 {
		return nil, nil
	}
	return json.Marshal(logins)
}

// put puts the login first and drops what it replaces, and reports whether that changes anything.
func put(logins []login, l login) ([]login, bool) {
	for _, old := range logins {
		aged := old
		aged.Stored = l.Stored
		if reflect.DeepEqual(aged, l) {
			return logins, false
		}
	}
	kept := []login{l}
	for _, old := range logins {
		if !equal(old.Path, l.Path) || !equal(old.Username, l.Username) {
			kept = append(kept, old)
		}
	}
	return kept, true
}

// tidy drops what will never be given again.
func tidy(logins []login, now time.Time) []login {
	return slices.DeleteFunc(logins, func(l login) bool {
		stale := l.Erased != 0 && now.Sub(time.Unix(l.Erased, 0)) > keepErased
		return stale || l.expired(now) && l.RefreshToken == nil
	})
}

func newLogin(c Credential, now time.Time) login {
	l := login{
		Stored: now.Unix(),
		Path:   raw(c.Path), Username: raw(c.Username), Password: raw(c.Password),
		RefreshToken: raw(c.OAuthRefreshToken), AuthType: raw(c.AuthType), Credential: raw(c.Credential),
	}
	if !c.PasswordExpiry.IsZero() {
		l.Expires = c.PasswordExpiry.Unix()
	}
	return l
}

func (l login) expired(now time.Time) bool { return l.Expires != 0 && now.Unix() >= l.Expires }

// matches compares what the request names.
func (l login) matches(c Credential) bool {
	return named(c.Path, l.Path) && named(c.Username, l.Username) &&
		named(c.Password, l.Password) && named(c.Credential, l.Credential)
}

// named reports whether the request does not name the attribute, or names the value it has. The time it takes does not
// tell how much of a secret was right.
func named(want Value, have []byte) bool {
	return !want.IsSet() || have != nil && subtle.ConstantTimeCompare([]byte(want.Text()), have) == 1
}

// answer is what may be said of the login now, to a git that knows the authtype capability or not.
func (l login) answer(authtype bool, now time.Time) Credential {
	a := Credential{Username: value(l.Username), OAuthRefreshToken: value(l.RefreshToken)}
	if l.expired(now) {
		return a
	}
	if l.Expires != 0 {
		a.PasswordExpiry = time.Unix(l.Expires, 0).UTC()
	}
	if l.Username != nil {
		a.Password = value(l.Password)
	}
	if authtype && l.AuthType != nil && l.Credential != nil {
		a.Capabilities = []string{"authtype"}
		a.AuthType, a.Credential = value(l.AuthType), value(l.Credential)
	}
	return a
}

// equal tells absent from empty, as bytes.Equal does not.
func equal(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

func raw(v Value) []byte {
	if !v.IsSet() {
		return nil
	}
	return []byte(v.Text())
}

func value(b []byte) Value {
	if b == nil {
		return Value{}
	}
	return Some(string(b))
}
