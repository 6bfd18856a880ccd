// Package codecommittest is a git server on the loopback interface that real git can clone from over TLS. It checks
// CodeCommit's signatures by a verifier of its own, and serves hosts with ordinary logins too, with Git LFS. It is for
// tests and demonstrations, and part of no binary.
//
// git reaches it through a proxy, which takes every name for the server, so that neither root nor port 443 is needed.
package codecommittest

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Config says what to serve.
type Config struct {
	// Dir is an existing directory for the repositories and the certificate of the test's authority.
	Dir string
	// Keys finds the secret of an access key, and the session token that has to come with it.
	Keys func(accessKeyID string) (secret, token string, ok bool)
	// Signed are the hosts that take signatures, each with its region. The default is Host in us-east-1.
	Signed map[string]string
	// Users are the logins that a host takes, signed or not: host (with ":port" if not the protocol's), user, password.
	// A host in neither map refuses everybody.
	Users map[string]map[string]string
	// Forges are hosts that decide on logins themselves, and keep their repositories at the root of their paths.
	Forges map[string]Forge
	// Denied are repositories that nobody may see, however good the login: 403.
	Denied map[string]bool
	// Life is how long a signature is good for, and how far ahead it may be; 15 minutes if zero.
	Life time.Duration
	// Now is the server's clock; time.Now if nil.
	Now func() time.Time
}

// Forge is a host that is more than its repositories: it serves what is no request of git's.
type Forge interface {
	http.Handler
	// Login reports whether the login opens a repository, OWNER/NAME.
	Login(repository, username, password string) bool
}

// Host is a host that takes signatures unless Config.Signed says otherwise.
const Host = "git-codecommit.us-east-1.amazonaws.com"

// Request is a request that the server has answered.
type Request struct {
	Method string
	Scheme string
	Host   string // with port if git wrote one
	Path   string
	Query  string
	Status int
	// Username and Password are what was offered, Offered whether anything was.
	Username, Password string
	Offered            bool
}

// Server is a running server. Its methods may be called at any time.
type Server struct {
	config  Config
	git     string
	ca      *authority
	serving [2]*http.Server // git over TLS, and the proxy
	addr    [2]string

	mu       sync.Mutex
	requests []Request
}

// New starts a server. It needs git, of which it returns exec.ErrNotFound where there is none.
func New(config Config) (*Server, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("start a git server (install the package git): %w", err)
	}
	config.Life = cmp.Or(config.Life, 15*time.Minute)
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Signed == nil {
		config.Signed = map[string]string{Host: "us-east-1"}
	}
	config.Signed, config.Users = maps.Clone(config.Signed), maps.Clone(config.Users)
	s := &Server{config: config, git: git}
	if s.ca, err = newAuthority(filepath.Join(config.Dir, "ca.pem")); err != nil {
		return nil, fmt.Errorf("start a git server: %w", err)
	}
	if err := os.MkdirAll(s.repositories(), 0o700); err != nil {
		return nil, fmt.Errorf("start a git server: %w", err)
	}
	for i, handler := range []http.Handler{http.HandlerFunc(s.serve), http.HandlerFunc(s.proxy)} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start a git server: %w", err), s.Close())
		}
		s.addr[i] = listener.Addr().String()
		if i == 0 {
			listener = tls.NewListener(listener, &tls.Config{
				GetCertificate: s.ca.certificate, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
			})
		}
		s.serving[i] = &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(silence{}, "", 0)}
		go func() { _ = s.serving[i].Serve(listener) }()
	}
	return s, nil
}

// Close stops the server.
func (s *Server) Close() error {
	var errs []error
	for _, serving := range s.serving {
		if serving != nil {
			errs = append(errs, serving.Close())
		}
	}
	return errors.Join(errs...)
}

// URL is the https URL of a repository on a host.
func (s *Server) URL(host, repository string) string { return "https://" + host + root + repository }

// ProxyURL is git's http.proxy.
func (s *Server) ProxyURL() string { return "http://" + s.addr[1] }

// CAFile is git's http.sslCAInfo.
func (s *Server) CAFile() string { return s.ca.file }

// Requests are those answered so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Forget starts Requests over.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

func (s *Server) note(r Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
}

// silence takes what net/http has to say about clients that hang up.
type silence struct{}

func (silence) Write(p []byte) (int, error) { return len(p), nil }
