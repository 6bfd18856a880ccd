package keychaintest

import (
	"errors"
	"testing"

	"credmint/keychain"
)

// Names are items that stores, shells and file systems might take for others of them.
var Names = []string{"aws/me", "aws/Me", "aws/me/x", "aws", "git/https://github.com", "git/https:/github.com", "aws/..", "aws/.x", "a%20b/-c", "aws/"}

// Exercise tries what every store must do, with items of these names, none of which is there yet and none afterwards.
func Exercise(t *testing.T, s keychain.Store, names ...string) {
	t.Helper()
	ctx := t.Context()
	if c, ok := s.(keychain.Checker); ok {
		if err := c.Check(ctx); err != nil {
			t.Errorf("Check = %v", err)
		}
	}
	if err := s.Delete(ctx, names[0]); !errors.Is(err, keychain.ErrNotFound) {
		t.Errorf("Delete of nothing = %v", err)
	}
	for i, name := range names {
		if _, err := s.Get(ctx, name); !errors.Is(err, keychain.ErrNotFound) {
			t.Errorf("Get(%s) of nothing = %v", name, err)
		}
		for _, value := range []string{"cm1:first", "cm1:of " + name}[min(i, 1):] {
			if err := s.Set(ctx, name, value); err != nil {
				t.Fatalf("Set(%s) = %v", name, err)
			}
		}
	}
	for _, name := range names {
		if got, err := s.Get(ctx, name); err != nil || got != "cm1:of "+name {
			t.Errorf("Get(%s) = %q, %v", name, got, err)
		}
		if err := s.Delete(ctx, name); err != nil {
			t.Errorf("Delete(%s) = %v", name, err)
		}
	}
	for _, name := range names {
		if _, err := s.Get(ctx, name); !errors.Is(err, keychain.ErrNotFound) {
			t.Errorf("Get(%s) after Delete = %v", name, err)
		}
	}
}

// WantKind checks of which kind an error of package keychain is, and that it is of no other.
func WantKind(t *testing.T, when string, err, kind error) {
	t.Helper()
	for _, k := range []error{
		keychain.ErrNotFound, keychain.ErrLocked, keychain.ErrDeclined, keychain.ErrUnavailable,
		keychain.ErrTimeout, keychain.ErrTooBig, keychain.ErrCorrupt,
	} {
		if errors.Is(err, k) != (k == kind) {
			t.Errorf("%s: %v is %v: %v", when, err, k, k != kind)
		}
	}
}
