//go:build !linux

package kernelkeyring

import "time"

// Get is ErrUnavailable.
func Get(string) ([]byte, error) { return nil, ErrUnavailable }

// Put is ErrUnavailable.
func Put(string, []byte, time.Duration) error { return ErrUnavailable }

// Remove is ErrUnavailable.
func Remove(string) error { return ErrUnavailable }
