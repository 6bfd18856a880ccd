//go:build unix

package serve

import "syscall"

const refused = syscall.ECONNREFUSED
