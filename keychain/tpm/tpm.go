// Package tpm has a machine's TPM keep the key that a keychain of files is sealed with. The files open on this machine only,
// and need no passphrase: that is for machines where nobody is there to say one. It is for Linux.
package tpm

// Name is the name of the store.
const Name = "tpm"

// Device is where Linux has the TPM, and shares it among programs.
const Device = "/dev/tpmrm0"
