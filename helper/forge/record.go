package forge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"credmint/helper"
	"credmint/helper/gitcred"
)

// record is an item of the keychain, oauth/PROTOCOL://HOST or, for a user whom the URL names, oauth/PROTOCOL://HOST?USER.
// It is bound to the client and the token endpoint that gave it out.
type record struct {
	helper.Unprinted

	ClientID string    `json:"client_id"`
	TokenURL string    `json:"token_url"`
	Username string    `json:"username"` // that git is to send beside the token
	Access   string    `json:"access_token,omitempty"`
	Expires  time.Time `json:"expires,omitzero"` // zero: it does not
	Refresh  string    `json:"refresh_token,omitempty"`
	SignedIn time.Time `json:"signed_in"`
	Sent     time.Time `json:"sent,omitzero"` // when the refresh token last went out, while no answer is known
	Refused  bool      `json:"refused,omitempty"`
	Past     [][]byte  `json:"past,omitempty"` // SHA-256 of earlier access tokens, which git may yet hand back
}

const (
	recordPrefix = "oauth/"
	maxPast      = 16

	// headroom is how long before its end a token is replaced: a request that carries it has to arrive.
	headroom = time.Minute
)

// identity is whose token is meant.
type identity struct {
	site, user string // user as the URL names one
	name       string // of the record
	known      bool
}

// identify finds the record. A user name that an earlier answer had is nobody's: git keeps it when a token has expired.
func (h Helper) identify(ctx context.Context, request gitcred.Credential) (identity, error) {
	id := identity{site: site(request), user: request.Username.Text()}
	names, err := h.Secrets.Names(recordPrefix + id.site)
	if err != nil {
		return id, err
	}
	nobody := recordPrefix + id.site
	id.name = nobody + "?" + id.user
	switch {
	case id.user == "", id.user == tokenUser, id.user == bitbucketUser:
		id.user, id.name = "", nobody
	case !slices.Contains(names, id.name) && slices.Contains(names, nobody):
		r, err := h.read(ctx, nobody)
		if err != nil {
			return id, err
		}
		if r.Username == id.user {
			id.user, id.name = "", nobody
		}
	}
	id.known = slices.Contains(names, id.name)
	return id, nil
}

// read returns the record, or the zero one where there is none.
func (h Helper) read(ctx context.Context, name string) (record, error) {
	item, err := h.Secrets.Get(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, nil
	}
	if err != nil {
		return record{}, fmt.Errorf("read the token: %w", err)
	}
	return parseRecord(item)
}

func parseRecord(item []byte) (r record, err error) {
	if item == nil {
		return record{}, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(item))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&r) != nil { // not wrapped: it may quote the item
		return record{}, errors.New("the token in the keychain was written by another version")
	}
	return r, nil
}

// change replaces the record by what edit makes of it; one that opens nothing any more is removed.
func (h Helper) change(ctx context.Context, name string, edit func(*record)) error {
	return h.Secrets.Update(ctx, name, func(old []byte) ([]byte, map[string]string, error) {
		r, err := parseRecord(old)
		if err != nil {
			return nil, nil, err
		}
		edit(&r)
		if r.Access == "" && r.Refresh == "" {
			return nil, nil, nil
		}
		item, err := json.Marshal(r)
		return item, r.about(), err
	})
}

// about is what the index may know.
func (r record) about() map[string]string {
	about := map[string]string{aboutClientID: r.ClientID, aboutUsername: r.Username, aboutSignedIn: r.SignedIn.Format(time.RFC3339)}
	if !r.Expires.IsZero() {
		about[aboutExpires] = r.Expires.Format(time.RFC3339)
	}
	if r.Refresh != "" {
		about[aboutRenewable] = "true"
	}
	return about
}

func (r record) validAt(now time.Time) bool {
	return r.Access != "" && (r.Expires.IsZero() || now.Add(headroom).Before(r.Expires))
}

// of reports whether the record is the client's at that token endpoint.
func (r record) of(s settings) bool {
	return r.ClientID == s.ClientID && r.TokenURL == s.Endpoint.TokenURL
}

// answer is what git gets: nothing that another helper would keep beyond its end, if git knows the words.
func (r record) answer(request gitcred.Credential) gitcred.Credential {
	if r.Access == "" {
		return gitcred.Credential{}
	}
	return answer(request, r.Username, r.Access, r.Expires)
}

func answer(request gitcred.Credential, username, token string, expires time.Time) gitcred.Credential {
	a := gitcred.Credential{Username: gitcred.Some(username), Password: gitcred.Some(token), PasswordExpiry: expires}
	if request.Can("authtype") {
		a.Capabilities, a.Ephemeral = []string{"authtype"}, true
	}
	return a
}

// replace puts a new token in the place of the last one.
func (r *record) replace(access string, expires time.Time) {
	if r.Access != "" && r.Access != access {
		sum := sha256.Sum256([]byte(r.Access))
		r.Past = append(r.Past, sum[:])
		r.Past = r.Past[max(len(r.Past)-maxPast, 0):]
	}
	r.Access, r.Expires = access, expires
}

// accepted is what the host has said of the token that is kept.
func (r *record) accepted() { r.Refused = false }

// refused is the other thing that it can say.
func (r *record) refused() {
	if r.Refused {
		r.Refresh = ""
	}
	r.Refused = true
	r.replace("", time.Time{})
}

// recognise reports whether the login is a token that came from here, and takes note of what became of it if it is the one
// that is kept.
func (h Helper) recognise(ctx context.Context, login gitcred.Credential, became func(*record)) (bool, error) {
	if !login.Password.IsSet() || !mayHaveToken(login) {
		return false, nil
	}
	prefix := recordPrefix + site(login)
	names, err := h.Secrets.Names(prefix)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		if name != prefix && !strings.HasPrefix(name, prefix+"?") {
			continue
		}
		r, err := h.read(ctx, name)
		if err != nil {
			return false, err
		}
		current, past := r.has(login.Password.Text())
		after := r
		if became(&after); current && after.Refused == r.Refused && after.Access == r.Access {
			return true, nil // which is what git most often has to say
		}
		if current {
			return true, h.change(ctx, name, func(r *record) {
				if still, _ := r.has(login.Password.Text()); still {
					became(r)
				}
			})
		}
		if past {
			return true, nil
		}
	}
	return false, nil
}

// has compares in constant time.
func (r record) has(token string) (current, past bool) {
	sum := sha256.Sum256([]byte(token))
	own := sha256.Sum256([]byte(r.Access))
	for _, old := range r.Past {
		past = past || subtle.ConstantTimeCompare(old, sum[:]) == 1
	}
	return r.Access != "" && subtle.ConstantTimeCompare(own[:], sum[:]) == 1, past
}
