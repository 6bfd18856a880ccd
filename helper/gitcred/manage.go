package gitcred

import (
	"context"
	"errors"
	"io/fs"
)

// Comparison is how a login compares with what is kept in its place.
type Comparison int

const (
	Missing   Comparison = iota // nothing is kept there, or nothing that would be given
	Same                        // the same secret
	Different                   // another one
)

// Compare looks at what is kept for exactly the login's protocol, host, path and user name.
func (s Saved) Compare(ctx context.Context, c Credential) (Comparison, error) {
	if !c.NamesHost() {
		return Missing, nil
	}
	logins, err := s.read(ctx, c)
	if errors.Is(err, fs.ErrNotExist) {
		return Missing, nil
	}
	if err != nil {
		return Missing, err
	}
	for _, l := range logins {
		switch {
		case !equal(l.Path, raw(c.Path)), !equal(l.Username, raw(c.Username)), l.Erased != 0, l.expired(s.Now()):
		case l.matches(c) && (l.Password != nil) == c.Password.IsSet() && (l.Credential != nil) == c.Credential.IsSet():
			return Same, nil
		default:
			return Different, nil
		}
	}
	return Missing, nil
}

// Remove forgets for good what matches, marked as erased or not, and reports how many logins that were. Only a person
// who means it should come here: git's own wish to forget is Erase.
func (s Saved) Remove(ctx context.Context, c Credential) (int, error) {
	removed := 0
	if !c.NamesHost() {
		return 0, nil
	}
	err := s.update(ctx, c, func(logins []login) ([]login, bool) {
		var kept []login
		for _, l := range logins {
			if !l.matches(c) {
				kept = append(kept, l)
			}
		}
		removed = len(logins) - len(kept)
		return kept, removed > 0
	})
	if err != nil {
		return 0, err
	}
	return removed, nil
}

// Restore gives again what Erase has only marked and nobody has stored anew, and reports how many logins that were.
func (s Saved) Restore(ctx context.Context, c Credential) (int, error) {
	restored := 0
	if !c.NamesHost() {
		return 0, nil
	}
	err := s.update(ctx, c, func(logins []login) ([]login, bool) {
		restored = 0
		for i, l := range logins {
			if l.Erased != 0 && l.matches(c) {
				logins[i].Erased = 0
				restored++
			}
		}
		return logins, restored > 0
	})
	if err != nil {
		return 0, err
	}
	return restored, nil
}
