// Package forgetest is a host of git repositories on the loopback interface that gives out OAuth tokens and takes them from
// real git, over TLS. It is as strict as a forge may be: it wants PKCE, the redirect address and the client's secret as
// they were, codes once, refresh tokens once, and it ends a sign-in whose refresh token comes twice. It is for tests, and
// part of no binary.
package forgetest

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"credmint/helper/codecommit/codecommittest"
)

// Host is the name of the forge; codecommittest's proxy finds it.
const Host = "forge.example.com"

// Other is a forge that knows none of its tokens.
const Other = "other.example.com"

// Forge is the host. Its fields are set before it is used, its methods may be called at any time.
type Forge struct {
	ClientID, Secret string // with a secret, how it is sent is Header's to say
	Header           bool
	Redirect         string // of the client, without its port, which may be any
	Username         string // that git must send beside a token
	Now              func() time.Time

	mu       sync.Mutex
	codes    map[string]*code
	devices  map[string]*device
	sessions map[string]*session // by refresh token, spent ones too
	tokens   map[string]token
	calls    map[string]int
	user     string // who last came to the page, by login_hint

	life     time.Duration // of tokens; zero: for ever, and there is no refresh token
	answer   string        // of the person at the page: "", "refused"
	slow     int
	pending  int
	broken   int // a status that the token endpoint answers with
	lost     bool
	apps     map[string]*app
	installs map[string]string // owner: app
}

// session is one sign-in.
type session struct {
	live    bool
	refresh string // the one that works
}

type token struct {
	session *session
	expires time.Time // zero: for ever
	only    string    // the owner whose repositories it opens; empty: all
	user    string    // that must be sent beside it
}

// New is a forge with a client without a secret, whose tokens last two hours.
func New() *Forge {
	return &Forge{
		ClientID: "client-1", Redirect: "http://127.0.0.1", Username: "oauth2", Now: time.Now, life: 2 * time.Hour,
		codes: map[string]*code{}, devices: map[string]*device{}, sessions: map[string]*session{}, tokens: map[string]token{},
		calls: map[string]int{}, apps: map[string]*app{}, installs: map[string]string{},
	}
}

// Serve serves the forge, another one of the name Other, and the repositories team/one and team/two of both to real git.
func (f *Forge) Serve(dir string) (*codecommittest.Server, error) {
	s, err := codecommittest.New(codecommittest.Config{
		Dir: dir, Keys: func(string) (string, string, bool) { return "", "", false },
		Forges: map[string]codecommittest.Forge{Host: f, Other: New()},
	})
	if err != nil {
		return nil, err
	}
	return s, errors.Join(s.Create("team/one"), s.Create("team/two"))
}

// ServeHTTP serves what is no repository, with GitLab's paths for OAuth.
func (f *Forge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[strings.Trim(r.URL.Path, "/")]++
	switch {
	case r.Method == "GET" && r.URL.Path == "/oauth/authorize":
		f.authorize(w, r)
	case r.Method == "POST" && r.URL.Path == "/oauth/token":
		f.token(w, r)
	case r.Method == "POST" && r.URL.Path == "/oauth/authorize_device":
		f.authorizeDevice(w, r)
	case r.Method == "GET" && r.URL.Path == "/device":
		f.approveDevice(w, r)
	case strings.HasPrefix(r.URL.Path, "/api/v3/"):
		f.api(w, r)
	default:
		http.NotFound(w, r)
	}
}

// Login is codecommittest.Forge's.
func (f *Forge) Login(repository, username, password string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, known := f.tokens[password]
	owner, _, _ := strings.Cut(repository, "/")
	return known && username == t.user && (t.expires.IsZero() || f.Now().Before(t.expires)) &&
		(t.session == nil || t.session.live) && (t.only == "" || t.only == owner)
}

// Calls is how often a path was asked for since the last Reset.
func (f *Forge) Calls(path string) int { f.mu.Lock(); defer f.mu.Unlock(); return f.calls[path] }

// Reset starts Calls over.
func (f *Forge) Reset() { f.mu.Lock(); defer f.mu.Unlock(); clear(f.calls) }

// User is who the page was last told would sign in.
func (f *Forge) User() string { f.mu.Lock(); defer f.mu.Unlock(); return f.user }

// SetLife is how long tokens last from now on; zero: for ever.
func (f *Forge) SetLife(d time.Duration) { f.mu.Lock(); defer f.mu.Unlock(); f.life = d }

// SetAnswer is what the person at the page says: nothing, which is yes, or "refused".
func (f *Forge) SetAnswer(s string) { f.mu.Lock(); defer f.mu.Unlock(); f.answer = s }

// SetDevice has the next poll of a device answered so often with authorization_pending, and slow_down after that.
func (f *Forge) SetDevice(pending, slow int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending, f.slow = pending, slow
}

// SetBroken has the token endpoint answer with a status, and a redirect to Other; zero: it works.
func (f *Forge) SetBroken(status int) { f.mu.Lock(); defer f.mu.Unlock(); f.broken = status }

// LoseNext has the next answer of the token endpoint lost on its way, after it has been made.
func (f *Forge) LoseNext() { f.mu.Lock(); defer f.mu.Unlock(); f.lost = true }

// Expire ends all access tokens; refresh tokens still work.
func (f *Forge) Expire() { f.mu.Lock(); defer f.mu.Unlock(); clear(f.tokens) }

// End ends all sign-ins.
func (f *Forge) End() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sessions {
		s.live = false
	}
}

func secret(prefix string) string {
	b := make([]byte, 24)
	_, _ = rand.Read(b)
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

// refuse is an error of RFC 6749 section 5.2.
func refuse(w http.ResponseWriter, code, why string) {
	w.Header().Set("Content-Type", "application/json")
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":%q,"error_description":%q}`, code, why)
}
