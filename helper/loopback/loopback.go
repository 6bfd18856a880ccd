// Package loopback makes HTTP servers for an address of this machine, to which any program and any web page may connect.
// Whom to answer is for the handler to say; here is what nobody may take: time, memory and connections.
package loopback

import (
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Limits is what one client may take.
type Limits struct {
	Header      int           // bytes of a request's header; net/http allows 4 KiB more
	HeaderTime  time.Duration // of reading them
	RequestTime time.Duration // of reading a whole request, and then of answering it
	Conns       int           // connections at a time
}

// Server serves one request for each connection and logs nothing: a port scan is no news. When there are too many
// connections the oldest is closed, so that neither those which say nothing nor those which say it slowly keep others from
// being served.
func Server(handler http.Handler, limits Limits) *http.Server {
	crowd := crowd{limit: limits.Conns}
	s := &http.Server{
		Handler:           handler,
		ConnState:         crowd.see,
		ReadHeaderTimeout: limits.HeaderTime,
		ReadTimeout:       limits.RequestTime,
		WriteTimeout:      limits.RequestTime,
		MaxHeaderBytes:    limits.Header,
		ErrorLog:          log.New(io.Discard, "", 0),

		DisableGeneralOptionsHandler: true,
	}
	s.SetKeepAlivesEnabled(false)
	return s
}

// crowd is the connections that are open.
type crowd struct {
	limit int
	mu    sync.Mutex
	conns []net.Conn // oldest first
}

func (c *crowd) see(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.conns = append(c.conns, conn)
		if len(c.conns) > c.limit {
			c.conns[0].Close()
			c.conns = slices.Delete(c.conns, 0, 1)
		}
	case http.StateClosed, http.StateHijacked:
		if i := slices.Index(c.conns, conn); i >= 0 {
			c.conns = slices.Delete(c.conns, i, i+1)
		}
	}
}
