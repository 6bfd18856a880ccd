// Package awstest is an AWS on a loopback address, for tests, benchmarks and the demo: a Security Token Service, an
// IAM Identity Center and the console's sign-in, that are as strict as the real ones wherever a client could be wrong. It
// verifies every signature and every proof of a key by the published rule (and not with the SDK whose work it checks),
// takes each MFA code, authorization code and refresh token once, holds trust policies, durations and expiries, answers in
// AWS's words, and remembers what it was
// asked. It can also be told to fail in most of the ways a network can (Fault).
//
// It refuses what real clients never send and AWS might let pass, such as an unknown or repeated parameter: here that is
// always a bug. It knows no permission policies; a caller may do what a role's trust policy and STS's own rules allow.
// It is never part of credmint.
package awstest

import (
	"net/http/httptest"
	"sync"
	"time"
)

// AWS is accounts with their users, roles and sessions. Its methods may be called while it serves.
type AWS struct {
	mu        sync.Mutex
	keys      map[string]*AccessKey        // long-lived, by id
	roles     map[string]*Role             // by ARN
	sessions  map[string]*session          // by access key id
	oidc      map[string]*oidcProvider     // by ARN
	saml      map[string]*IdentityProvider // by ARN
	secrets   map[string]*secret           // by account/name
	passwords []*servicePassword           // the oldest first
	admins    map[string]bool              // who may do everything in IAM, by ARN
	ecr       map[string]RegistryToken     // by password
	signins   map[string]signin            // by sign-in token
	visits    []ConsoleVisit
	outbound  outbound
	calls     []*Call
	faults    map[string]Fault // by action; "" for all
	life      time.Duration
	ahead     time.Duration
	region    string
	disabled  map[string]bool // regions
	tokenSize int

	propagation int // see SetPropagation

	sso     *IdentityCenter // or nil
	console *Console        // or nil
	hooks   map[string]func(grantType string)
	machine machine
	anchors []*TrustAnchor

	rootAccess struct{ principals, members []string }

	server    *httptest.Server
	authority *authority // of StartTLS
	closed    chan struct{}
	close     sync.Once
	stopped   chan struct{}
	stop      sync.Once
}

// New makes an AWS without any identity. It serves once Start, StartTLS or Serve is called, or through Handler.
func New() *AWS {
	return &AWS{
		keys: map[string]*AccessKey{}, roles: map[string]*Role{}, sessions: map[string]*session{},
		oidc: map[string]*oidcProvider{}, saml: map[string]*IdentityProvider{},
		secrets: map[string]*secret{}, hooks: map[string]func(string){}, machine: newMachine(),
		admins: map[string]bool{}, ecr: map[string]RegistryToken{}, signins: map[string]signin{},
		faults: map[string]Fault{}, disabled: map[string]bool{}, tokenSize: 900,
		closed: make(chan struct{}), stopped: make(chan struct{}),
	}
}

// SetSessionLife makes new sessions last so long, whatever is asked, and say so; zero is as asked. For sessions whose
// answer claims something else than the truth see Fault.Expiration and Fault.Life.
func (a *AWS) SetSessionLife(life time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.life = life
}

// SetClock sets AWS's clock that much ahead of this machine's: for signatures, sessions, MFA codes and the Date header.
func (a *AWS) SetClock(ahead time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ahead = ahead
}

// SetRegion says which region this endpoint is of: signatures for any other are refused from now on. Without it every
// region's are taken.
func (a *AWS) SetRegion(region string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.region = region
}

// DisableRegion makes STS answer RegionDisabledException to callers that sign for a region, as it does where the account
// did not switch the region on.
func (a *AWS) DisableRegion(region string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.disabled[region] = true
}

// SetTokenSize makes new session tokens so long, in bytes. AWS promises no upper limit.
func (a *AWS) SetTokenSize(size int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokenSize = size
}

// now is AWS's time. The mutex is held.
func (a *AWS) now() time.Time { return time.Now().Add(a.ahead) }

// Now is AWS's time.
func (a *AWS) Now() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now()
}
