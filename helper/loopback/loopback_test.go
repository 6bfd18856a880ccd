package loopback_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"credmint/helper/loopback"
)

// Who says nothing makes way for who does, long before the time for that is up.
func TestOldestMakesWay(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	server := loopback.Server(handler, loopback.Limits{Header: 1 << 10, HeaderTime: time.Hour, RequestTime: time.Hour, Conns: 3})
	served := &httptest.Server{Listener: listener, Config: server}
	served.Start()
	defer served.CloseClientConnections()
	var silent []net.Conn
	for range 5 {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		silent = append(silent, conn)
	}
	response, err := http.Get(served.URL)
	if err != nil || !response.Close {
		t.Fatalf("got %+v, %v; want an answer, and no other request on that connection", response, err)
	}
	response.Body.Close()
	for i, conn := range silent[:3] {
		_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
		if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("connection %d is open still", i)
		}
	}
}
