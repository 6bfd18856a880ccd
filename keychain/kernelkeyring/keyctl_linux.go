package kernelkeyring

import (
	"syscall"
	"unsafe"
)

// What is asked of keyctl(2), and of which keyring. Package unix has all of it, and everything else that Linux can do; a hit
// would wait for that.
const (
	setPerm    = 5
	link       = 8
	unlink     = 9
	find       = 10
	fetch      = 11
	setTimeout = 15
	invalidate = 21

	ofThread, ofUser = -1, -4
)

// keyctl does something to a key.
func keyctl(operation, id, value int) error {
	_, _, errno := syscall.Syscall(syscall.SYS_KEYCTL, uintptr(operation), uintptr(id), uintptr(value))
	return failure(errno)
}

// searchKey finds the user's key of that name.
func searchKey(name string) (id int, err error) {
	kind, name0, err := names(name)
	if err != nil {
		return 0, err
	}
	ring := ofUser
	n, _, errno := syscall.Syscall6(syscall.SYS_KEYCTL, find, uintptr(ring), uintptr(unsafe.Pointer(kind)), uintptr(unsafe.Pointer(name0)), 0, 0)
	return int(n), failure(errno)
}

// readKey returns how long the key is, and as much of it as there is room for.
func readKey(id int, into []byte) (n int, err error) {
	size, _, errno := syscall.Syscall6(syscall.SYS_KEYCTL, fetch, uintptr(id), uintptr(unsafe.Pointer(unsafe.SliceData(into))), uintptr(len(into)), 0, 0)
	return int(size), failure(errno)
}

// addKey makes a key in the thread's keyring.
func addKey(name string, value []byte) (id int, err error) {
	kind, name0, err := names(name)
	if err != nil {
		return 0, err
	}
	ring := ofThread
	n, _, errno := syscall.Syscall6(syscall.SYS_ADD_KEY, uintptr(unsafe.Pointer(kind)), uintptr(unsafe.Pointer(name0)),
		uintptr(unsafe.Pointer(unsafe.SliceData(value))), uintptr(len(value)), uintptr(ring), 0)
	return int(n), failure(errno)
}

// names are the key's type and its name, as the kernel reads them.
func names(name string) (kind0, name0 *byte, err error) {
	if kind0, err = syscall.BytePtrFromString(kind); err == nil {
		name0, err = syscall.BytePtrFromString(name)
	}
	return kind0, name0, err
}

func failure(errno syscall.Errno) error {
	if errno != 0 {
		return errno
	}
	return nil
}
