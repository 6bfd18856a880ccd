package serve

import (
	"fmt"
	"net"
)

// Listen opens an address of this machine: IP:PORT, where port 0 is one that the system chooses.
func Listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("open the endpoint: %w", err)
	}
	return listener, nil
}
