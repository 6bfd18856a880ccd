package keychain

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// FuzzEntry reads back what was written, and panics at nothing.
func FuzzEntry(f *testing.F) {
	f.Add("aws/me", "os", "account", "1\n\"2\"", entryHead+"\nname \"a\"\nstore \"os\"\nnext \"x\"\n")
	f.Add("Ä\xff", "file", "a", "", "credmint index 2\n")
	f.Fuzz(func(t *testing.T, name, store, key, value, text string) {
		_, _ = parseEntry(text)
		e := Entry{Name: name, Store: store, Copies: []string{key, value}, About: map[string]string{"k": value}, Written: time.Unix(1e9, 0).UTC()}
		got, err := parseEntry(string(e.format()))
		if name == "" || store == "" {
			return
		}
		if err != nil || got.Name != name || got.Store != store || !slices.Equal(got.Copies, e.Copies) || !maps.Equal(got.About, e.About) || !got.Written.Equal(e.Written) {
			t.Errorf("%+v is read back as %+v, %v", e, got, err)
		}
	})
}
