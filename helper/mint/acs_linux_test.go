package mint_test

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// acs is an address that nobody else has until the test ends. A socket that is bound to a port, and does not listen there, keeps
// the kernel from giving it to whoever asks for any; who asks for this one, as Go does with SO_REUSEADDR, gets it.
func acs(t *testing.T) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("http://127.0.0.1:%d/saml", at.(*unix.SockaddrInet4).Port)
}
