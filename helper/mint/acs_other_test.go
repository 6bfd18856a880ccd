//go:build unix && !linux

package mint_test

import (
	"net"
	"testing"
)

// acs is an address that nobody else has now.
func acs(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String() + "/saml"
}
