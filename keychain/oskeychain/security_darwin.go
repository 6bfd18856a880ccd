package oskeychain

import (
	"credmint/keychain"
	"credmint/keychain/security"
)

// newOSStore is the login keychain. It asks on the screen, which who came by SSH does not see.
func newOSStore(getenv func(string) string) keychain.Store {
	return security.Open(security.Path, func() bool { return getenv("SSH_CONNECTION") == "" && getenv("SSH_TTY") == "" })
}
