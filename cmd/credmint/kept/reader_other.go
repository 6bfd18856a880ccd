//go:build !unix || darwin

package kept

import "credmint/keychain"

// readsKeychain is false where the keychain is asked by way of a library or another program: main does that.
const readsKeychain = false

type reader struct{ keychain.Store }

func (*reader) greet()                        {}
func (*reader) leave()                        {}
func (*reader) isOpen() bool                  { return false }
func (*reader) ask(...string) (string, error) { return "", keychain.ErrUnavailable }
func (*reader) answer() (string, error)       { return "", keychain.ErrUnavailable }
