//go:build linux

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"credmint/helper/mint/awstest"
	"credmint/keychain/keychaintest"
)

// keyringItem is an Item of https://github.com/99designs/keyring.
func keyringItem(t *testing.T, key string, data any) keychaintest.Item {
	t.Helper()
	text, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	item, err := json.Marshal(struct {
		Key                                                    string
		Data                                                   []byte
		Label, Description                                     string
		KeychainNotTrustApplication, KeychainNotSynchronizable bool
	}{Key: key, Data: text, Label: "aws-vault (" + key + ")"})
	if err != nil {
		t.Fatal(err)
	}
	return keychaintest.Item{Key: key, Value: string(item)}
}

// TestImportCollection moves what aws-vault and granted keep in the Secret Service, which is a real one: the access keys,
// and nothing else; and while the collection is locked nothing, and says so.
func TestImportCollection(t *testing.T) {
	t.Parallel()
	bus := keychaintest.Must(t, false)
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	aws := awstest.New()
	alice := aws.AddUser("111111111111", "alice")
	i := importer{t: t, self: self, home: t.TempDir()}
	i.env = []string{"AWS_ENDPOINT_URL=" + aws.Start(), "DBUS_SESSION_BUS_ADDRESS=" + bus.Address}
	t.Cleanup(aws.Close)
	if err := keychaintest.OpenCheaply(filepath.Join(i.home, ".local", "share", "credmint"), "correct horse"); err != nil {
		t.Fatal(err)
	}
	if got := i.mustRun("", self, "import", "--dry-run", "--json", "aws-vault"); got != "[]\n" {
		t.Errorf("without a collection: %s", got)
	}

	type values map[string]string
	const session, token = "sts.GetSessionToken,bWU,,1700000000", "oidc:https://example.awsapps.com/start"
	mine := keyringItem(t, "team/me", values{"AccessKeyID": alice.AccessKeyID, "SecretAccessKey": alice.Secret})
	for _, err := range []error{
		bus.Collect("awsvault", mine,
			keyringItem(t, session, values{"AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": alice.Secret, "SessionToken": "AQoDYXdzEPT"}),
			keyringItem(t, token, values{"Token": "secret"})),
		bus.Collect("granted-aws-iam-credentials",
			keyringItem(t, "other", values{"AccessKeyID": alice.AccessKeyID, "SecretAccessKey": alice.Secret, "SessionToken": ""})),
		bus.Lock("awsvault"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	out, err := i.command(self, "import", "--yes", "aws-vault").CombinedOutput()
	if _, exited := err.(*exec.ExitError); !exited || !strings.Contains(string(out), `it is the Secret Service's collection "awsvault"`) {
		t.Errorf("locked: %v: %s", err, out)
	}

	if got := i.mustRun("", self, "import", "--yes", "granted"); strings.Contains(got, alice.Secret) || !strings.Contains(got, "of profile other") {
		t.Errorf("granted: %s", got)
	}
	wantLabels(t, bus, "granted-aws-iam-credentials")

	// Another collection takes the place of the locked one. Of two keys for one profile neither is taken.
	i.env = append(i.env, "AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME=work-vault")
	first := keyringItem(t, "twice", values{"AccessKeyID": alice.AccessKeyID, "SecretAccessKey": alice.Secret})
	second := keyringItem(t, "twice", values{"AccessKeyID": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"})
	first.Key, second.Key = "a", "b"
	if err := bus.Collect("work-vault", mine, keyringItem(t, session, values{"AccessKeyID": "A", "SecretAccessKey": "s", "SessionToken": "t"}), first, second); err != nil {
		t.Fatal(err)
	}
	if got := i.mustRun("", self, "import", "--yes", "--copy", "aws-vault"); strings.Count(got, "the profile has several") != 2 {
		t.Errorf("two for one profile: %s", got)
	}
	wantLabels(t, bus, "work-vault", "a", "b", session, "team/me")
	i.mustRun("", self, "import", "--yes", "aws-vault")
	wantLabels(t, bus, "work-vault", "a", "b", session)
	if got := i.mustRun("", self, "aws", "team/me"); !strings.Contains(got, "ASIA") {
		t.Errorf("the profile is served %s", got)
	}
	if config, err := os.ReadFile(filepath.Join(i.home, ".aws", "config")); err != nil || !strings.Contains(string(config), "aws team/me\n") {
		t.Errorf("the config holds %q, %v", config, err)
	}
	if labels, err := bus.Labels("awsvault"); err != nil || len(labels) != 3 { // which a locked one may hide
		t.Errorf("the locked collection holds %q, %v", labels, err)
	}
}

func wantLabels(t *testing.T, bus *keychaintest.Bus, collection string, want ...string) {
	t.Helper()
	if got, err := bus.Labels(collection); err != nil || !slices.Equal(got, want) {
		t.Errorf("%s holds %q, %v, want %q", collection, got, err, want)
	}
}
