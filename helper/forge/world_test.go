package forge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"credmint/helper/forge"
	"credmint/helper/forge/forgetest"
	"credmint/helper/gitcred"
	"credmint/helper/signin"
)

// world is a person's machine, and the forge out there. The person says yes to every page.
type world struct {
	*testing.T
	forge    *forgetest.Forge
	helper   forge.Helper
	secrets  *memory
	settings settings
	warned   []string
	seen     lockedBuffer // what the person reads
	visits   int
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, forge: forgetest.New(), secrets: &memory{items: map[string][]byte{}}}
	w.settings = settings{"oauthclientid": "client-1", "provider": "gitlab"}
	w.helper = forge.Helper{
		Logins: gitcred.Saved{Secrets: w.secrets, Now: time.Now}, Secrets: w.secrets, Turns: &turns{}, Kept: &tokens{},
		Config: w.settings, Network: forge.Network{Transport: direct{w.forge}},
		Now: time.Now, Warn: func(err error) { w.warned = append(w.warned, err.Error()) },
		Person: &signin.Person{Out: &w.seen, Open: w.visit}, Attended: func() bool { return true },
	}
	return w
}

// visit is a browser: the page is the forge's, and the answer goes to this machine. Like any browser it is not waited for.
func (w *world) visit(_ context.Context, address string) error {
	w.visits++ // there is one visit at a time
	go func() {
		resp, err := http.Get(w.redirect(address))
		if err != nil {
			w.Error(err)
			return
		}
		_ = resp.Body.Close()
	}()
	return nil
}

// redirect is where a page of the forge sends the browser.
func (w *world) redirect(address string) string {
	resp, err := direct{w.forge}.RoundTrip(httptest.NewRequest("GET", address, nil))
	if err != nil || resp.StatusCode != http.StatusFound {
		w.Errorf("%s says %v, %v", address, resp, err)
		return ""
	}
	return resp.Header.Get("Location")
}

const ask = "protocol=https\nhost=" + forgetest.Host + "\n"

func (w *world) serve(action, in string) (string, error) {
	var out strings.Builder
	err := gitcred.Serve(w.Context(), action, strings.NewReader(in), &out, w.helper)
	return out.String(), err
}

// get returns the password of an answer, and fails without one.
func (w *world) get(in string) string {
	w.Helper()
	out, err := w.serve("get", in)
	c, readErr := gitcred.Read(strings.NewReader(out))
	if err != nil || readErr != nil || !c.Password.IsSet() {
		w.Fatalf("get %q = %q, %v", in, out, err)
	}
	return c.Password.Text()
}

func (w *world) must(action, in string) {
	w.Helper()
	if out, err := w.serve(action, in); out != "" || err != nil {
		w.Fatalf("%s %q = %q, %v", action, in, out, err)
	}
}

// calls asserts how often the forge was asked since the last time.
func (w *world) calls(authorize, token int) {
	w.Helper()
	if a, t := w.forge.Calls("oauth/authorize"), w.forge.Calls("oauth/token"); a != authorize || t != token {
		w.Errorf("%d pages and %d tokens, want %d and %d", a, t, authorize, token)
	}
	w.forge.Reset()
}

// direct is a network of one host.
type direct struct{ http.Handler }

func (d direct) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" || req.URL.Host != forgetest.Host {
		return nil, fmt.Errorf("there is no %s", req.URL)
	}
	if req.Body == nil {
		req.Body = io.NopCloser(strings.NewReader(""))
	}
	rec := httptest.NewRecorder()
	d.ServeHTTP(rec, req)
	return rec.Result(), nil
}

// settings are git's for all URLs of the forge's host; those that begin with "*" are for every host.
type settings map[string]string

func (s settings) Match(_ context.Context, section, url string) (map[string]string, error) {
	found := map[string]string{}
	for name, value := range s {
		plain, everywhere := strings.CutPrefix(name, "*")
		if section == "credential" && (everywhere || strings.Contains(url, forgetest.Host)) {
			found[plain] = value
		}
	}
	return found, nil
}

func (s settings) Everywhere(_ context.Context, section string) (map[string]string, error) {
	found := map[string]string{}
	for name, value := range s {
		if plain, ok := strings.CutPrefix(name, "*"); ok {
			found[plain] = value
		}
	}
	return found, nil
}

// turns are given to one at a time, and tell those who wait of a failure.
type turns struct{ sync.Mutex }

func (t *turns) Acquire(context.Context, string) (func(error), error) {
	t.Lock()
	return func(error) { t.Unlock() }, nil
}

// tokens keeps them.
type tokens struct{ sync.Map }

func (t *tokens) Get(_ context.Context, name string) (forge.Token, bool) {
	v, ok := t.Load(name)
	if !ok {
		return forge.Token{}, false
	}
	return v.(forge.Token), true
}

func (t *tokens) Put(_ context.Context, name string, token forge.Token) error {
	t.Store(name, token)
	return nil
}

func (t *tokens) Drop(_ context.Context, name string) error {
	t.Delete(name)
	return nil
}

// away is a network that is down.
type away struct{}

func (away) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no route to host")
}

var errFull = errors.New("the keychain is full")

// memory is a keychain.
type memory struct {
	mu       sync.Mutex
	items    map[string][]byte
	writable func() bool // nil: it is
}

func (m *memory) Get(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if item, ok := m.items[name]; ok {
		return item, nil
	}
	return nil, fs.ErrNotExist
}

func (m *memory) Update(_ context.Context, name string, change func([]byte) ([]byte, map[string]string, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, _, err := change(bytes.Clone(m.items[name]))
	if err == nil && m.writable != nil && !m.writable() {
		err = errFull
	}
	if err != nil {
		return err
	}
	if m.items[name] = value; value == nil {
		delete(m.items, name)
	}
	return nil
}

func (m *memory) Names(prefix string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := slices.Sorted(maps.Keys(m.items))
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, prefix) }), nil
}

type lockedBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}
