//go:build !(linux || freebsd || openbsd || netbsd || dragonfly)

package kept

import "credmint/helper/atomicfile"

// newFlock is nil: who has to wait does it in main.
var newFlock func(path string) atomicfile.Lock
