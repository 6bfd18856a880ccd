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

// TestKilledKeyImport kills an import of an access key at every rename, of which each write of a file has one: the profile
// has its key all the time, and programs are told to ask credmint before the key is gone from where they find it.
func TestKilledKeyImport(t *testing.T) {
	t.Parallel()
	needProgram(t, "strace", "strace")
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	aws := awstest.New()
	alice := aws.AddUser("111111111111", "alice")
	prepared := t.TempDir()
	i := importer{t: t, self: self, home: prepared, env: []string{"AWS_ENDPOINT_URL=" + aws.Start()}}
	t.Cleanup(aws.Close)
	if err := keychaintest.OpenCheaply(filepath.Join(prepared, ".local", "share", "credmint"), "correct horse"); err != nil {
		t.Fatal(err)
	}
	const left = "# kept\n"
	if err := os.Mkdir(filepath.Join(prepared, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%s[me]\naws_access_key_id = %s\naws_secret_access_key = %s\n", left, alice.AccessKeyID, alice.Secret)
	if err := os.WriteFile(filepath.Join(prepared, ".aws", "credentials"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		i.home = copyHome(t, prepared)
		when := fmt.Sprintf("killed at rename %d", n)
		done := i.traced("?rename,?renameat,?renameat2", n, "import", "--yes", "aws-credentials")
		config, _ := os.ReadFile(filepath.Join(i.home, ".aws", "config"))
		if file := credentialsFile(t, i.home); file != text && (file != left || !strings.Contains(string(config), "aws me\n")) {
			t.Errorf("%s: the file holds %q, and the config %q", when, file, config)
		}
		if !strings.Contains(i.mustRun("", self, "aws", "me"), "ASIA") {
			t.Errorf("%s: the profile has no key", when)
		}
		i.mustRun("", self, "import", "--yes", "aws-credentials")
		if file := credentialsFile(t, i.home); file != left {
			t.Errorf("%s, and carried on: the file holds %q", when, file)
		}
		if done {
			if n < 4 {
				t.Errorf("there were only %d renames", n-1)
			}
			return
		}
	}
}

func credentialsFile(t *testing.T, home string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(home, ".aws", "credentials"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
