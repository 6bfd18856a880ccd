// Package oskeychain is the platform's keychain as a keychain.Store: the Secret Service and Windows's Credential Manager, by
// way of go-keyring, to which it adds deadlines and errors that can be told apart; and macOS's login keychain, which is
// package security's.
package oskeychain

import "credmint/keychain"

// Open returns the platform's keychain. Nothing is asked of it yet; getenv finds the session bus and the desktop.
func Open(getenv func(string) string) keychain.Store { return newOSStore(getenv) }
