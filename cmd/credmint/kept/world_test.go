package kept_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/filelock"
)

func TestUnattended(t *testing.T) {
	dir := t.TempDir()
	vars := map[string]string{
		"XDG_DATA_HOME": dir, "LocalAppData": dir,
		"AWS_CONFIG_FILE": filepath.Join(dir, "config"),
	}
	t.Setenv("HOME", dir)
	w := &kept.World{
		Getenv: func(name string) string { return vars[name] }, Now: time.Now,
		OS: memory{}, NewLock: filelock.New,
	}
	k, err := w.Keychain()
	if err != nil {
		t.Fatal(err)
	}
	long := "arn:aws:iam::111111111111:mfa/" + strings.Repeat("long/", 40) + "name"
	for _, serial := range []string{"123456789", long} {
		if err := k.Set(t.Context(), kept.SeedItem(serial), []byte("seed"), map[string]string{kept.AboutSerial: serial}); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		profile helper.Profile
		want    bool
	}{
		"no device":         {helper.Profile{}, true},
		"a seed is kept":    {helper.Profile{MFASerial: "123456789"}, true},
		"a long serial":     {helper.Profile{MFASerial: long}, true},
		"it is confirmed":   {helper.Profile{MFASerial: "123456789", Confirm: true}, false},
		"another device":    {helper.Profile{MFASerial: "987654321"}, false},
		"a process tells":   {helper.Profile{MFASerial: "987654321", MFAProcess: []string{"code"}}, true},
		"a person signs in": {helper.Profile{Kind: helper.SAML, Inputs: &helper.SAMLSignIn{}}, false},
	} {
		if got := w.Unattended(&tt.profile); got != tt.want {
			t.Errorf("%s: %t, want %t", name, got, tt.want)
		}
	}
}
