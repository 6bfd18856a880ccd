// Package awstest is an AWS on a loopback address, for tests, benchmarks and the demo: a Security Token Service that is
// as strict as the real one where it matters to a client. It verifies every signature by AWS's published rule (and not
// with the SDK whose signatures it checks), takes each MFA code once, holds trust policies, durations and expiries, and
// counts calls. It is never part of credmint.
package awstest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"time"
)

// AWS is accounts with their users, roles and sessions.
type AWS struct {
	mu        sync.Mutex
	users     map[string]*User   // by access key id
	roles     map[string]*Role   // by ARN
	sessions  map[string]*minted // by access key id
	calls     []Call
	faults    map[string]Fault // by action; "" for all
	life      time.Duration
	skew      time.Duration
	tokenSize int
	server    *httptest.Server
	closed    chan struct{}
}

// Call is one request that was answered or refused; it holds no secret.
type Call struct {
	Action    string
	Caller    string // ARN; empty where the request was refused before it was known
	Params    url.Values
	Error     string // AWS's code; empty where the call succeeded
	UserAgent string
}

// New makes an AWS without any identity.
func New() *AWS {
	return &AWS{
		users: map[string]*User{}, roles: map[string]*Role{}, sessions: map[string]*minted{}, faults: map[string]Fault{},
		tokenSize: 900, closed: make(chan struct{}),
	}
}

// Start serves on a loopback address and returns its URL.
func (a *AWS) Start() string {
	a.server = httptest.NewServer(a.Handler())
	return a.server.URL
}

// StartTLS is Start with TLS. The server's certificate vouches for itself: Certificate is the CA to trust.
func (a *AWS) StartTLS() string {
	a.server = httptest.NewTLSServer(a.Handler())
	return a.server.URL
}

// Server is what Start started.
func (a *AWS) Server() *httptest.Server { return a.server }

// Close stops serving, requests that hang included.
func (a *AWS) Close() {
	close(a.closed)
	a.server.CloseClientConnections()
	a.server.Close()
}

// Calls counts the calls of an action that succeeded.
func (a *AWS) Calls(action string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, c := range a.calls {
		if c.Action == action && c.Error == "" {
			n++
		}
	}
	return n
}

// Log returns all calls since the last Reset, the refused ones included.
func (a *AWS) Log() []Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

// Reset forgets the calls.
func (a *AWS) Reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = nil
}

// SetSessionLife makes new sessions last so long, whatever is asked; zero is as asked.
func (a *AWS) SetSessionLife(life time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.life = life
}

// SetClock sets AWS's clock that much ahead of this machine's.
func (a *AWS) SetClock(ahead time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.skew = ahead
}

// SetTokenSize makes new session tokens so long, in bytes.
func (a *AWS) SetTokenSize(size int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokenSize = size
}

func (a *AWS) now() time.Time { return time.Now().Add(a.skew) }

// Handler is the service, and below /_awstest/ what processes use to steer it.
func (a *AWS) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", a.serve)
	mux.HandleFunc("GET /_awstest/calls", func(w http.ResponseWriter, _ *http.Request) {
		counts := map[string]int{}
		for _, c := range a.Log() {
			counts[c.Action]++
		}
		_ = json.NewEncoder(w).Encode(counts)
	})
	mux.HandleFunc("POST /_awstest/reset", func(http.ResponseWriter, *http.Request) { a.Reset() })
	mux.HandleFunc("POST /_awstest/fault", func(w http.ResponseWriter, r *http.Request) {
		var f struct {
			Action  string `json:"action"`
			DelayMS int    `json:"delay_ms"`
			Status  int    `json:"status"`
		}
		if err := json.NewDecoder(io.LimitReader(r.Body, 4096)).Decode(&f); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		a.SetFault(f.Action, Fault{Delay: time.Duration(f.DelayMS) * time.Millisecond, Status: f.Status})
	})
	mux.HandleFunc("GET /_awstest/session", func(w http.ResponseWriter, r *http.Request) {
		secret, token, _, ok := a.Session(r.FormValue("id"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"secret_access_key": secret, "session_token": token})
	})
	return mux
}
