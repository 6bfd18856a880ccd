// Package filelock locks files against other processes. It is a package of its own since a hit locks nothing, and would wait
// for the library: what a hit waits for knows the interface.
package filelock

import (
	"os"

	"github.com/gofrs/flock"

	"credmint/helper/atomicfile"
)

// New is the lock on the file at path, which is made when the lock is first tried, and is not taken yet.
//
// O_RDWR: NFS emulates flock(2) by fcntl(2), which asks for it (gofrs/flock#22).
func New(path string) atomicfile.Lock { return flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR)) }
