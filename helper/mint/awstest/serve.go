package awstest

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
)

// Handler is the service, and below /_awstest/ what other processes use to steer it.
func (a *AWS) Handler() http.Handler {
	control := a.control()
	// Not a ServeMux for all: it would redirect a client that asks for "//" instead of telling it off.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_awstest/") {
			control.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Date", a.Now().UTC().Format(http.TimeFormat)) // clients correct their clock by it
		for _, service := range []func(*http.Request) http.HandlerFunc{a.machineService, a.anywhereService, a.ssoService, a.federationService, a.consoleService, a.s3Service} {
			if serve := service(r); serve != nil {
				serve(w, r)
				return
			}
		}
		if r.Header.Get("X-Amz-Target") != "" {
			a.target(w, r)
			return
		}
		a.query(w, r)
	})
}

// Start serves plain HTTP on a loopback address and returns its URL.
func (a *AWS) Start() string { return a.Serve(listen()) }

// StartTLS is Start with a certificate of a CA that only this AWS has, which WriteCA hands out; flaws spoil the
// certificate.
func (a *AWS) StartTLS(flaws ...Flaw) string { return a.ServeTLS(listen(), flaws...) }

// Serve is Start on a listener of the caller's, which Close closes.
func (a *AWS) Serve(l net.Listener) string {
	a.server = a.newServer(l)
	a.server.Start()
	return a.server.URL
}

// ServeTLS is StartTLS on a listener of the caller's, which Close closes.
func (a *AWS) ServeTLS(l net.Listener, flaws ...Flaw) string {
	a.authority = newAuthority()
	a.server = a.newServer(l)
	a.server.TLS = a.authority.config(flaws)
	a.server.StartTLS()
	return a.server.URL
}

func (a *AWS) newServer(l net.Listener) *httptest.Server {
	return &httptest.Server{Listener: l, Config: &http.Server{
		Handler: a.Handler(),
		// Clients that refuse a certificate or hang up are what tests are about, and no news.
		ErrorLog: log.New(io.Discard, "", 0),
	}}
}

func listen() net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic("awstest: " + err.Error()) // nothing can be tested on a machine without a loopback address
	}
	return l
}

// Server is what Start or StartTLS started.
func (a *AWS) Server() *httptest.Server { return a.server }

// Close stops serving; requests that a Fault holds back end without an answer. It may be called more than once.
func (a *AWS) Close() {
	a.close.Do(func() {
		close(a.closed)
		if a.server != nil {
			a.server.CloseClientConnections()
			a.server.Close()
		}
	})
}

// Stopped is closed when another process asked this AWS to end (POST /_awstest/stop).
func (a *AWS) Stopped() <-chan struct{} { return a.stopped }
