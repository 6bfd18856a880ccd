//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"credmint/helper/atomicfile/faulttest"
	"credmint/helper/mint/awstest"
	"credmint/keychain/keychaintest"
)

// TestKilledKeyImport kills an import of an access key at every call that syncs, renames or removes: the profile has its key
// all the time, programs are told to ask credmint before the key is gone from where they find it, and the next run finishes
// the work.
func TestKilledKeyImport(t *testing.T) {
	t.Parallel()
	needTracer(t)
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	aws := awstest.New()
	alice := aws.AddUser("111111111111", "alice")
	url := aws.Start()
	t.Cleanup(aws.Close)
	for name, source := range map[string]struct {
		file, before, after string
		args, calls         []string
	}{
		"the credentials file": {
			".aws/credentials", fmt.Sprintf("# kept\n[me]\naws_access_key_id = %s\naws_secret_access_key = %s\n", alice.AccessKeyID, alice.Secret), "# kept\n",
			[]string{"aws-credentials"},
			[]string{"fsync", "?rename,?renameat,?renameat2"},
		},
		"the console's file": {
			"me_accessKeys.csv", fmt.Sprintf("Access key ID,Secret access key\n%s,%s\n", alice.AccessKeyID, alice.Secret), "",
			[]string{"me_accessKeys.csv"},
			[]string{"fsync", "?rename,?renameat,?renameat2", "?unlink,?unlinkat"},
		},
		"a file of the environment": {
			"app.env", fmt.Sprintf("PORT=8080\nAWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", alice.AccessKeyID, alice.Secret), "PORT=8080\nAWS_PROFILE=me\n",
			[]string{"--profile", "me", "app.env"},
			[]string{"fsync", "?rename,?renameat,?renameat2"},
		},
		"aws-vault's file": {
			".awsvault/keys/me", sealedKey(t, keyringItem(t, "me", map[string]string{"AccessKeyID": alice.AccessKeyID, "SecretAccessKey": alice.Secret}), "tango"), "",
			[]string{"aws-vault"},
			[]string{"fsync", "?rename,?renameat,?renameat2", "?unlink,?unlinkat"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prepared := t.TempDir()
			i := importer{t: t, self: self, home: prepared, env: []string{"AWS_ENDPOINT_URL=" + url, "AWS_VAULT_FILE_PASSPHRASE=tango", "DBUS_SESSION_BUS_ADDRESS=disabled:"}}
			if err := keychaintest.OpenCheaply(filepath.Join(prepared, ".local", "share", "credmint"), "correct horse"); err != nil {
				t.Fatal(err)
			}
			for _, dir := range []string{".aws", ".awsvault/keys"} {
				if err := os.MkdirAll(filepath.Join(prepared, dir), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(prepared, source.file), []byte(source.before), 0o600); err != nil {
				t.Fatal(err)
			}
			command := append([]string{"import", "--yes"}, source.args...)
			for _, call := range source.calls {
				for n := 1; ; n++ {
					i.home = copyHome(t, prepared)
					when := fmt.Sprintf("killed at %s %d", call, n)
					done := i.traced(call, n, command...)
					if file := textOf(t, i.home, source.file); file != source.before &&
						(file != source.after || !strings.Contains(textOf(t, i.home, ".aws/config"), "aws me\n")) {
						t.Errorf("%s: the file holds %q, and the config %q", when, file, textOf(t, i.home, ".aws/config"))
					} else if file == source.before {
						i.mustRun("", self, command...)
					}
					if !strings.Contains(i.mustRun("", self, "aws", "me"), "ASIA") {
						t.Errorf("%s: the profile has no key", when)
					}
					if file := textOf(t, i.home, source.file); file != source.after {
						t.Errorf("%s, and carried on: the file holds %q", when, file)
					}
					if done {
						if n == 1 {
							t.Errorf("it was never killed at %s", call)
						}
						break
					}
				}
			}
		})
	}
}

// sealedKey is an item of a keyring in a file, as aws-vault seals it, in fewer rounds.
func sealedKey(t *testing.T, item keychaintest.Item, passphrase string) string {
	t.Helper()
	sealer, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.PBES2_HS256_A128KW, Key: passphrase, PBES2Count: 1000}, nil)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := sealer.Encrypt([]byte(item.Value))
	if err != nil {
		t.Fatal(err)
	}
	text, err := sealed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestKilledCollectionImport does the same where the key is in a collection of a real Secret Service, and kills at what is
// said to it, too.
func TestKilledCollectionImport(t *testing.T) {
	t.Parallel()
	needTracer(t)
	bus := keychaintest.Must(t, false)
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	aws := awstest.New()
	alice := aws.AddUser("111111111111", "alice")
	prepared := t.TempDir()
	i := importer{t: t, self: self, home: prepared}
	common := []string{"AWS_ENDPOINT_URL=" + aws.Start(), "DBUS_SESSION_BUS_ADDRESS=" + bus.Address}
	t.Cleanup(aws.Close)
	if err := keychaintest.OpenCheaply(filepath.Join(prepared, ".local", "share", "credmint"), "correct horse"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(prepared, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	step := 4 // every call would take half a minute
	if faulttest.Slow() {
		step = 1
	}
	collections := 0
	for _, call := range []string{"?rename,?renameat,?renameat2", "write"} {
		for n := 1; ; n += step {
			collections++
			label := fmt.Sprint("vault-", collections)
			if err := bus.Collect(label, keyringItem(t, "me", map[string]string{"AccessKeyID": alice.AccessKeyID, "SecretAccessKey": alice.Secret})); err != nil {
				t.Fatal(err)
			}
			i.home, i.env = copyHome(t, prepared), append(common[:2:2], "AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME="+label)
			done := i.traced(call, n, "import", "--yes", "aws-vault")
			if left, err := bus.Labels(label); err != nil {
				t.Fatal(err)
			} else if len(left) > 0 {
				i.mustRun("", self, "import", "--yes", "aws-vault")
			}
			if !strings.Contains(i.mustRun("", self, "aws", "me"), "ASIA") || !strings.Contains(textOf(t, i.home, ".aws/config"), "aws me\n") {
				t.Errorf("killed at %s %d: the profile is not served", call, n)
			}
			wantLabels(t, bus, label)
			if done {
				if n == 1 {
					t.Errorf("it was never killed at %s", call)
				}
				break
			}
		}
	}
}

// textOf is what a file holds: nothing, if there is none.
func textOf(t *testing.T, home, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(home, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}
