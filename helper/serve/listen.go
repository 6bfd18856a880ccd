package serve

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
)

// ErrExposed says that others than this machine may reach an address.
var ErrExposed = errors.New("it is no loopback address")

// Listen opens an address of this machine: IP:PORT, where port 0 is one that the system chooses, or unix:PATH for a socket
// that is this user's alone. An address that is no loopback one wraps ErrExposed unless it is allowed; one that stands for
// all of a machine's is refused, since a Host could be any of them.
func Listen(address string, exposed bool) (net.Listener, error) {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return listenSocket(path)
	}
	at, err := netip.ParseAddrPort(address)
	switch {
	case err != nil || at.Addr().Zone() != "" || at.Addr().Is4In6():
		return nil, fmt.Errorf("listen at %q: it is neither IP:PORT nor unix:PATH", address)
	case at.Addr().IsUnspecified():
		return nil, fmt.Errorf("listen at %s: name one address, not all of this machine's", address)
	case !at.Addr().IsLoopback() && !exposed:
		return nil, fmt.Errorf("listen at %s: %w", address, ErrExposed)
	}
	return net.Listen("tcp", address)
}

// Exposed reports whether others than this machine may reach an address.
func Exposed(at net.Addr) bool {
	tcp, ok := at.(*net.TCPAddr)
	return ok && !tcp.IP.IsLoopback()
}

// listenSocket takes the place of a socket that nobody serves any more.
func listenSocket(path string) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		if !left(path) {
			return nil, fmt.Errorf("listen at %s: another process serves it", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil { // until then there is the token
		listener.Close()
		return nil, err
	}
	return listener, nil
}

// left reports whether a socket refuses whoever comes, since nobody listens there. Every other failure is of one that is in
// use: it is of another type, or busy, or somebody else's.
func left(path string) bool {
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close()
	}
	return errors.Is(err, refused)
}
