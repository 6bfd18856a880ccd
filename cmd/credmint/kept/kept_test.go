package kept_test

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/filelock"
	"credmint/keychain"
)

// memory is a keychain that nobody has to be asked for.
type memory map[string]string

func (m memory) Get(_ context.Context, item string) (string, error) {
	value, ok := m[item]
	if !ok {
		return "", keychain.ErrNotFound
	}
	return value, nil
}

func (m memory) Set(_ context.Context, item, value string) error { m[item] = value; return nil }
func (m memory) Delete(_ context.Context, item string) error     { delete(m, item); return nil }
func (m memory) Limit() int                                      { return 0 }

// A profile with a rule about who is answered is not answered before the rule was looked at, and neither is what is made
// from it. One that is confirmed when it is minted is.
func TestAWS(t *testing.T) {
	const key = "[profile key]\naws_access_key_id = AKIA\naws_secret_access_key = secret\n"
	const role = "[profile role]\nregion = eu-west-1\ncredmint_role_arn = arn:aws:iam::222222222222:role/R\ncredmint_source_profile = key\n"
	for name, tt := range map[string]struct {
		config string
		want   bool
	}{
		"no rule":     {role + key, true},
		"confirmed":   {role + "credmint_confirm = true\n" + key, true},
		"its rule":    {role + "credmint_allow = aws\n" + key, false},
		"below it":    {role + key + "credmint_allow = aws\n", false},
		"an SDK's":    {role + "allow = aws\n" + key, true},
		"of no name":  {role + "credmint_allow = ,\n" + key, false},
		"no pattern":  {role + "credmint_allow = [\n" + key, false},
		"other's own": {role + key + "[profile other]\ncredmint_allow = aws\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("HOME", dir)
			t.Setenv("XDG_CACHE_HOME", dir)
			t.Setenv("LocalAppData", dir)
			path := filepath.Join(dir, "config")
			vars := map[string]string{"XDG_DATA_HOME": dir, "LocalAppData": dir, "AWS_CONFIG_FILE": path}
			w := &kept.World{
				Getenv: func(name string) string { return vars[name] }, Now: time.Now, OS: memory{}, NewLock: filelock.New, Random: rand.Reader,
			}
			keep(t, w, path, role+key)
			if err := os.WriteFile(path, []byte(tt.config), 0o600); err != nil {
				t.Fatal(err)
			}
			w.Reload()
			if got := kept.AWS(w, "role") != nil; got != tt.want {
				t.Errorf("it is answered: %t, want %t", got, tt.want)
			}
		})
	}
}

// keep has a session of the role kept.
func keep(t *testing.T, w *kept.World, path, config string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := w.Profile("role")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	s := helper.Session{AccessKeyID: "ASIA", SecretAccessKey: "s", SessionToken: "t", Issued: now, Expires: now.Add(time.Hour)}
	if err := w.Sessions().Put(t.Context(), p.Key(), s); err != nil {
		t.Fatal(err)
	}
}
