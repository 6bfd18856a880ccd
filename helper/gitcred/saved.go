package gitcred

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// Secrets is the store Saved keeps its items in, each under a name.
type Secrets interface {
	// Get reads an item. An error that is fs.ErrNotExist says that there is none; any other says nothing about that.
	Get(ctx context.Context, name string) ([]byte, error)
	// Update replaces an item by what change makes of it, under a lock that every process heeds. old is nil where there
	// is none. A nil value deletes the item; one equal to old, or an error of change (which Update returns), writes
	// nothing. about is what may be known of the item without opening it.
	Update(ctx context.Context, name string,
		change func(old []byte) (value []byte, about map[string]string, err error)) error
}

// Saved is a Helper that keeps logins: user names with passwords, and the authtype and credential of newer gits. All
// logins of one protocol and host are one item, named git/<protocol>://<host>.
//
// A request matches as in git's credential_match: every attribute it names must be equal, byte for byte, in the login;
// one it does not name matches anything. Secrets are compared where something is to be erased, and not where something is
// to be given. Of several matches the last one added or changed is given.
//
// An expired password is not given. If a refresh token came with it, Get answers with user name and token alone, which
// git passes on to the helper that can use it.
type Saved struct {
	Secrets Secrets
	Now     func() time.Time
}

// Get answers with the login that matches.
func (s Saved) Get(ctx context.Context, request Credential) (Credential, error) {
	answers, err := s.answers(ctx, request)
	if err != nil || len(answers) == 0 {
		return Credential{}, err
	}
	return answers[0], nil
}

// Only is Get where guessing will not do: it has an answer only if a single login matches.
func (s Saved) Only(ctx context.Context, request Credential) (Credential, error) {
	answers, err := s.answers(ctx, request)
	if err != nil || len(answers) != 1 {
		return Credential{}, err
	}
	return answers[0], nil
}

// answers are all possible ones, best first: those with a refresh token alone come after those that open something.
func (s Saved) answers(ctx context.Context, request Credential) ([]Credential, error) {
	if !request.NamesHost() {
		return nil, nil
	}
	logins, err := s.read(ctx, request)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	request.Password, request.Credential = Value{}, Value{} // an earlier helper's half of an answer
	var whole, renewable []Credential
	for _, l := range logins {
		if l.Erased != 0 || !l.matches(request) {
			continue
		}
		switch a := l.answer(request.Can("authtype"), s.Now()); {
		case a.Password.IsSet(), a.Credential.IsSet():
			whole = append(whole, a)
		case a.OAuthRefreshToken.IsSet():
			renewable = append(renewable, a)
		}
	}
	return append(whole, renewable...), nil
}

// read returns what is kept for the host; fs.ErrNotExist: nothing.
func (s Saved) read(ctx context.Context, c Credential) ([]login, error) {
	name := itemName(c)
	item, err := s.Secrets.Get(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read the logins kept as %q: %w", name, err)
	}
	return parseItem(name, item)
}

// Store keeps the login in place of what was kept for the same path and user name, its expiry and refresh token
// included. A login that is ephemeral, expired or not whole is not kept; one that is kept already costs no write.
func (s Saved) Store(ctx context.Context, c Credential) error {
	now := s.Now()
	whole := c.Username.IsSet() && c.Password.IsSet() || c.AuthType.IsSet() && c.Credential.IsSet()
	expired := !c.PasswordExpiry.IsZero() && !now.Before(c.PasswordExpiry)
	if !c.NamesHost() || !whole || expired || c.Ephemeral {
		return nil
	}
	if err := Write(io.Discard, c); err != nil { // what could not be handed out again must not be kept
		return fmt.Errorf("store %v: %w", c, err)
	}
	return s.update(ctx, c, func(logins []login) ([]login, bool) { return put(logins, newLogin(c, now)) })
}

// Erase forgets what matches. Only a request that carries the secret itself removes it: a login with another password
// or credential stays, and without any the matching logins are marked as erased and no longer given, but kept for 30
// days, since such a request may be what is left of one.
//
// git writes attribute by attribute and dies at one it may not send, such as a carriage return in a stranger's submodule
// URL. What arrived by then reads "forget this host" (or this user), and nobody meant it. See Restore.
func (s Saved) Erase(ctx context.Context, c Credential) error {
	if !c.NamesHost() {
		return nil
	}
	now, certain := s.Now(), c.Password.IsSet() || c.Credential.IsSet()
	return s.update(ctx, c, func(logins []login) ([]login, bool) {
		var kept []login
		changed := false
		for _, l := range logins {
			switch hit := l.matches(c); {
			case hit && certain:
				changed = true
				continue
			case hit && l.Erased == 0:
				changed = true
				l.Erased = now.Unix()
			}
			kept = append(kept, l)
		}
		return kept, changed
	})
}

// update changes the item of the host, unless change reports that it has changed nothing.
func (s Saved) update(ctx context.Context, c Credential, change func([]login) ([]login, bool)) error {
	name := itemName(c)
	err := s.Secrets.Update(ctx, name, func(old []byte) ([]byte, map[string]string, error) {
		var logins []login
		if old != nil {
			var err error
			if logins, err = parseItem(name, old); err != nil {
				return nil, nil, err // a damaged item may yet be mended by hand; it is not written over
			}
		}
		logins, changed := change(logins)
		if !changed {
			return old, nil, nil
		}
		logins = tidy(logins, s.Now())
		item, err := formatItem(logins)
		return item, about(logins), err
	})
	if err != nil {
		return fmt.Errorf("update the logins of %s://%s: %w", c.Protocol.Text(), c.Host.Text(), err)
	}
	return nil
}
