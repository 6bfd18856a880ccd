package security_test

import (
	"crypto/rand"
	"os"
	"testing"

	"credmint/keychain/keychaintest"
	"credmint/keychain/security"
)

// The stand-in is written from macOS's source; this is macOS's own program, and whoever runs it, their login keychain.
func TestLoginKeychain(t *testing.T) {
	if os.Getenv("CREDMINT_TEST_LOGIN_KEYCHAIN") != "1" {
		t.Skip("it writes to the login keychain, and removes what it wrote: CREDMINT_TEST_LOGIN_KEYCHAIN=1")
	}
	own := "test/" + rand.Text()
	s := security.Open(security.Path, func() bool { return false })
	keychaintest.Exercise(t, s, own, own+"/x", own+"%20b/-c")
}
