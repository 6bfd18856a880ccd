// Package kernelkeyring lends secrets to the kernel for a while: they are in no file, every process of the user can read
// them, in whatever session it runs, and the kernel drops them when their time is up. Where there is no such keyring (another
// system than Linux, a container whose seccomp filter bars it) each function says ErrUnavailable.
//
// Names are bytes without NUL, and of one user: another program of theirs could use the same name.
package kernelkeyring

import "errors"

var (
	// ErrNone says that there is no such secret, or none any more.
	ErrNone = errors.New("the kernel's keyring does not have it")

	// ErrUnavailable says that the kernel has no keyring for this process.
	ErrUnavailable = errors.New("there is no kernel keyring here")
)

// MaxValue is the largest secret, in bytes.
const MaxValue = 1 << 10
