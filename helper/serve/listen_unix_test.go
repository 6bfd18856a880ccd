//go:build unix

package serve_test

import (
	"net"
	"path/filepath"
	"testing"

	"credmint/helper/serve"
)

func TestListenAtAnotherSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	datagrams, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer datagrams.Close()
	if _, err := serve.Listen("unix:"+path, false); err == nil {
		t.Error("a socket of another type was taken for one that is left")
	}
}
