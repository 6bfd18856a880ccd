//go:build !unix || darwin

package kept

import "credmint/keychain"

// reader is nil where the keychain is asked by way of a library or another program: main does that.
func reader() keychain.Store { return nil }
