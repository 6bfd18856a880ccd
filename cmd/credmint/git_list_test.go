package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"credmint/helper/gitcred"
)

// BenchmarkGitList lists three users at each of 500 hosts.
func BenchmarkGitList(b *testing.B) {
	dir := b.TempDir()
	for name, value := range map[string]string{
		"HOME": dir, "XDG_DATA_HOME": dir, "LocalAppData": dir, "CREDMINT_KEYCHAIN": "file", "CREDMINT_PASSPHRASE": "correct horse",
	} {
		b.Setenv(name, value)
	}
	a := newApp()
	a.stderr = io.Discard
	for host := range 500 {
		for user := range 3 {
			c := gitcred.Credential{
				Protocol: gitcred.Some("https"), Host: gitcred.Some(fmt.Sprintf("git-%d.example.com", host)),
				Username: gitcred.Some(fmt.Sprintf("user-%d", user)), Password: gitcred.Some("secret"),
			}
			if err := a.savedLogins().Store(b.Context(), c); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		var out bytes.Buffer
		a.stdout = &out
		if err := (&gitListCmd{}).Run(b.Context(), a); err != nil {
			b.Fatal(err)
		}
		if n := strings.Count(out.String(), "user-"); n != 1500 {
			b.Fatalf("%d logins are listed", n)
		}
	}
}
