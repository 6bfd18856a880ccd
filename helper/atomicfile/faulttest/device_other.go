//go:build unix && !linux

package faulttest

import "io/fs"

func device(string) error { return fs.ErrPermission }
