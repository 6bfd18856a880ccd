// Package serve is an endpoint that answers AWS's SDKs with container credentials, as those of ECS and EKS do: each profile
// has a path of its own, and its session is renewed for as long as the endpoint is open.
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html.
//
// Any program of the machine can connect to it, and so can any web page that the machine's browser shows. It answers those
// who know the token, and nobody else: not a page that guesses the port (no request with an Origin), nor one whose
// name was pointed here after it was loaded (the Host is the address that was connected to, and no name). It asks nobody
// anything, opens no address by itself, and knows no way to mint but a helper.Source.
package serve

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"credmint/helper"
	"credmint/helper/loopback"
)

// Endpoint serves the sessions of profiles. Add comes before Serve.
type Endpoint struct {
	helper.Unwritten

	token  string
	source helper.Source
	now    func() time.Time
	slots  map[string]*slot // by path
}

// New makes an endpoint that answers whoever sends the token in the header Authorization. Source is asked for a new session
// when one is near its end, for one at a time of each profile, and for as long as it takes: nobody waits longer than an SDK
// would.
func New(token string, source helper.Source, now func() time.Time) *Endpoint {
	return &Endpoint{token: token, source: source, now: now, slots: map[string]*slot{}}
}

// tokenBytes is how much of a token is random.
const tokenBytes = 32

// TokenSize is how many characters a token has.
const TokenSize = (tokenBytes*8 + 5) / 6

// NewToken makes a token of 256 random bits, in characters that every shell and header takes.
func NewToken() string {
	random := make([]byte, tokenBytes)
	_, _ = rand.Read(random) // never fails
	return base64.RawURLEncoding.EncodeToString(random)
}

// IsToken reports whether a text could be of NewToken.
func IsToken(text string) bool {
	random, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(random) == tokenBytes && len(text) == TokenSize
}

// Add serves a profile's session at Path of its name. It is minted by then: the first SDK to ask does not wait.
func (e *Endpoint) Add(p *helper.Profile, s helper.Session) {
	e.slots[Path(p.Name)] = &slot{source: e.source, profile: p, now: e.now, session: s}
}

// Path is where the session of a profile is. All but letters, digits and "-_.~" is escaped, so that no client escapes it
// otherwise.
func Path(profile string) string {
	return "/" + strings.ReplaceAll(url.QueryEscape(profile), "+", "%20")
}

// limits is what a client may take: it says one line and a token.
func limits() loopback.Limits {
	return loopback.Limits{Header: 8 << 10, HeaderTime: 2 * time.Second, RequestTime: 5 * time.Second, Conns: 64}
}

// Serve answers until ctx is done, and closes the listener. A session that is being minted by then is given up.
func (e *Endpoint) Serve(ctx context.Context, listener net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := loopback.Server(e.handler(ctx), limits())
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	}
	return nil
}

// handler answers clients. Sessions are minted under ctx: they are for others too when the one who asked has gone.
func (e *Endpoint) handler(ctx context.Context) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if failure := e.check(r); failure != nil {
			failure.write(w)
			return
		}
		s, err := e.slots[r.RequestURI].answer(ctx, r.Context())
		if err != nil {
			refusalOf(err).write(w)
			return
		}
		e.writeSession(w, s)
	})
}
