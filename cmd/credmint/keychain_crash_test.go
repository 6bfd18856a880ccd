//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"credmint/helper/mint/awstest"
	"credmint/keychain/keychaintest"
)

// keptInFile is a home with an access key, a git login and a session, all in the encrypted file, and a keyring beside it.
func keptInFile(t *testing.T) importer {
	t.Helper()
	needTracer(t)
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	bus := keychaintest.Must(t, false)
	aws := awstest.New()
	alice := aws.AddUser("111111111111", "alice")
	url := aws.Start()
	t.Cleanup(aws.Close)
	i := importer{t: t, self: self, home: t.TempDir(), env: []string{
		"AWS_ENDPOINT_URL=" + url, "CREDMINT_KEYCHAIN=", "DBUS_SESSION_BUS_ADDRESS=" + bus.Address,
	}}
	if err := keychaintest.OpenCheaply(filepath.Join(i.home, ".local", "share", "credmint"), "correct horse"); err != nil {
		t.Fatal(err)
	}
	i.mustRun(alice.AccessKeyID+"\n"+alice.Secret+"\n", self, "add", "--keychain", "file", "--stdin", "me")
	i.mustRun("protocol=https\nhost=git.example.com\nusername=alice\npassword=hunter2\n", self, "git", "store")
	i.mustRun("", self, "aws", "me")
	return i
}

// wantAll checks that every secret can be read: a session is minted anew from the key.
func (i importer) wantAll(when string) {
	i.t.Helper()
	i.mustRun("", i.self, "forget", "--all")
	if out := i.mustRun("", i.self, "aws", "me"); !strings.Contains(out, "ASIA") {
		i.t.Errorf("%s: the access key is lost: %s", when, out)
	}
	if out := i.mustRun("protocol=https\nhost=git.example.com\n", i.self, "git", "get"); !strings.Contains(out, "password=hunter2\n") {
		i.t.Errorf("%s: the login is lost: %s", when, out)
	}
}

// TestKilledMigration kills a migration at every call that syncs, renames or removes: each secret can be read at once, and
// the next run finishes the work.
func TestKilledMigration(t *testing.T) {
	t.Parallel()
	i := keptInFile(t)
	calls := []string{"?rename,?renameat,?renameat2", "?unlink,?unlinkat"}
	if os.Getenv("CREDMINT_SLOW") == "1" {
		calls = append(calls, "fsync")
	}
	prepared := i.home
	for _, call := range calls {
		name, _, _ := strings.Cut(strings.TrimPrefix(call, "?"), ",")
		for n := 1; ; n++ {
			done := false
			t.Run(fmt.Sprintf("%s %d", name, n), func(t *testing.T) {
				i := i
				i.t, i.home = t, copyHome(t, prepared)
				done = i.traced(call, n, "keychain", "migrate", "os", "--delete-old")
				i.wantAll("killed")
				if done {
					return
				}
				i.mustRun("", i.self, "keychain", "migrate", "os", "--delete-old")
				i.wantMoved()
				i.wantAll("carried on")
			})
			if done && n == 1 {
				t.Errorf("it was never killed at %s", name)
			}
			if done || t.Failed() {
				break
			}
		}
	}
}

// wantMoved checks that the encrypted file has no secret any more, and that nothing names it.
func (i importer) wantMoved() {
	i.t.Helper()
	data := filepath.Join(i.home, ".local", "share", "credmint")
	if left, _ := filepath.Glob(filepath.Join(data, "secrets", "*.sealed")); len(left) > 0 {
		i.t.Errorf("%v are left", left)
	}
	if marker := textOf(i.t, data, "keychain"); marker != "os\n" {
		i.t.Errorf("the choice is remembered as %q", marker)
	}
	entries, err := filepath.Glob(filepath.Join(data, "index", "*"))
	if err != nil || len(entries) == 0 {
		i.t.Fatalf("the index has %v, %v", entries, err)
	}
	for _, path := range entries {
		if text := textOf(i.t, "", path); !strings.Contains(path, ".tmp-") && (!strings.Contains(text, "store \"os\"\n") || strings.Contains(text, "copy")) {
			i.t.Errorf("%s says %q", path, text)
		}
	}
}

// TestKilledPassphraseChange: one of the two passphrases opens everything.
func TestKilledPassphraseChange(t *testing.T) {
	t.Parallel()
	i := keptInFile(t)
	prepared := i.home
	i.stdin = "tr0ub4dor\n"
	for _, call := range []string{"fsync", "?rename,?renameat,?renameat2"} {
		for n := 1; ; n++ {
			i.home = copyHome(t, prepared)
			done := i.traced(call, n, "keychain", "passphrase", "--stdin")
			opens := 0
			for _, text := range []string{"correct horse", "tr0ub4dor"} {
				cmd := i.command(i.self, "git", "get")
				cmd.Env = append(cmd.Env, "CREDMINT_PASSPHRASE="+text)
				cmd.Stdin = strings.NewReader("protocol=https\nhost=git.example.com\n")
				if out, err := cmd.Output(); err == nil && strings.Contains(string(out), "password=hunter2\n") {
					opens++
				}
			}
			if opens != 1 {
				t.Errorf("killed at %s %d: %d of the two passphrases open it", call, n, opens)
			}
			if done {
				if n == 1 {
					t.Errorf("it was never killed at %s", call)
				}
				break
			}
		}
	}
}
