//go:build !linux

package tpm

import "credmint/keychain"

// Open has no TPM here.
func Open(string, string) keychain.Store { return nil }
