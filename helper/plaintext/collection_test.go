package plaintext_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"credmint/helper"
	"credmint/helper/plaintext"
)

// items is a collection.
type items map[string]string

func (c items) Secrets(context.Context) (map[string][]byte, error) {
	secrets := map[string][]byte{}
	for item, value := range c {
		secrets[item] = []byte(value)
	}
	return secrets, nil
}

func (c items) Delete(_ context.Context, item string) error {
	delete(c, item)
	return nil
}

// anyKeys takes every key, and keeps none.
type anyKeys struct{}

func (anyKeys) Check(string, helper.AccessKey) error { return nil }
func (anyKeys) Compare(context.Context, string, helper.AccessKey) (kept, same bool, err error) {
	return false, false, nil
}
func (anyKeys) Store(context.Context, string, helper.AccessKey) error { return nil }
func (anyKeys) Serve(string) error                                    { return nil }

// TestCollectionChanges changes a collection after it was read: a key that is another one by now stays, and one that is gone
// is no error.
func TestCollectionChanges(t *testing.T) {
	const (
		old = `{"Key":"me","Data":"eyJBY2Nlc3NLZXlJRCI6IkFLSUEiLCJTZWNyZXRBY2Nlc3NLZXkiOiJzIn0="}` // AKIA, s
		now = `{"Key":"me","Data":"eyJBY2Nlc3NLZXlJRCI6IkFLSUIiLCJTZWNyZXRBY2Nlc3NLZXkiOiJzIn0="}` // AKIB, s
	)
	for _, c := range []struct {
		name          string
		before, after items
		left          items
		failure       string
	}{
		{"the same", items{"1": old}, items{"1": old}, items{}, ""},
		{"moved", items{"1": old}, items{"2": old}, items{}, ""},
		{"gone", items{"1": old}, items{}, items{}, ""},
		{"another", items{"1": old}, items{"1": now}, items{"1": now}, "1 holds another key of profile me by now"},
		{"damaged", items{"1": old}, items{"1": old, "2": "{"}, items{"1": old, "2": "{"}, "2 is no item of aws-vault's"},
	} {
		source := &plaintext.Collection{Program: "aws-vault", Label: "awsvault", Items: c.before, Keys: anyKeys{}}
		found, err := source.Find(t.Context())
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: found %v, %v", c.name, found, err)
		}
		source.Items = c.after
		err = source.Remove(t.Context(), found)
		if (err != nil) != (c.failure != "") || err != nil && !strings.Contains(err.Error(), c.failure) {
			t.Errorf("%s: %v, want %q", c.name, err, c.failure)
		}
		if !maps.Equal(c.after, c.left) {
			t.Errorf("%s: %v is left", c.name, c.after)
		}
	}
}
