package forge_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"sync"
	"testing"
	"time"

	"credmint/helper/forge"
	"credmint/helper/forge/forgetest"
)

var newKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func pemOf(key *rsa.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

// newAppWorld has an app that is installed for team, and its key.
func newAppWorld(t *testing.T) *world {
	w := newWorld(t)
	w.settings["githubappid"] = "4711"
	w.forge.AddApp("4711", &newKey().PublicKey, "team")
	w.secrets.items[forge.AppKeyName(forgetest.Host, "4711")] = pemOf(newKey())
	return w
}

const askRepository = ask + "path=team/one.git\n"

func (w *world) appCalls(installation, tokens int) {
	w.Helper()
	if i, t := w.forge.Calls("installation"), w.forge.Calls("access_tokens"); i != installation || t != tokens {
		w.Errorf("%d installations and %d tokens, want %d and %d", i, t, installation, tokens)
	}
	w.forge.Reset()
}

// One token for all repositories of the account, until five minutes before its end.
func TestApp(t *testing.T) {
	w := newAppWorld(t)
	token := w.get(askRepository)
	if !w.forge.Login("team/one", "x-access-token", token) || w.forge.Login("other/one", "x-access-token", token) {
		t.Error("the token does not open what it should, or more")
	}
	w.appCalls(1, 1)
	if w.get(ask+"path=Team/two\n") != token {
		t.Error("another repository of the account gets another token")
	}
	w.must("store", askRepository+"username=x-access-token\npassword="+token+"\n")
	if names, _ := w.secrets.Names("git/"); len(names) != 0 {
		t.Errorf("kept as passwords: %q", names)
	}
	now := time.Now()
	w.helper.Now = func() time.Time { return now.Add(54 * time.Minute) }
	w.get(askRepository)
	w.appCalls(0, 0)
	w.helper.Now = func() time.Time { return now.Add(56 * time.Minute) }
	w.forge.Now = w.helper.Now
	next := w.get(askRepository)
	if next == token {
		t.Error("the token is served to its end")
	}
	w.appCalls(1, 1)
	w.must("erase", askRepository+"username=x-access-token\npassword="+token+"\n") // the old one
	w.get(askRepository)
	w.appCalls(0, 0)
	w.must("erase", askRepository+"username=x-access-token\npassword="+next+"\n")
	w.get(askRepository)
	w.appCalls(1, 1)
}

// Many that ask at once get one token.
func TestAppOnce(t *testing.T) {
	w := newAppWorld(t)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if out, err := w.serve("get", askRepository); err != nil || !strings.Contains(out, "username=x-access-token\n") {
				t.Errorf("get = %q, %v", out, err)
			}
		})
	}
	wait.Wait()
	w.appCalls(1, 1)
}

// The number of the installation may be set; no path is needed then.
func TestAppInstallation(t *testing.T) {
	w := newAppWorld(t)
	w.settings["githubappinstallationid"] = forgetest.Installation("team")
	w.get(ask)
	w.appCalls(0, 1)
}

// A token that has some minutes left is served while GitHub is away.
func TestAppWithoutGitHub(t *testing.T) {
	w := newAppWorld(t)
	token := w.get(askRepository)
	now := time.Now().Truncate(time.Second).Add(time.Second) // GitHub's times are in whole seconds
	w.helper.Now = func() time.Time { return now.Add(57 * time.Minute) }
	w.helper.Network.Transport = away{}
	if got := w.get(askRepository); got != token || len(w.warned) != 1 || !strings.Contains(w.warned[0], "serving the token that ends in 2m") {
		t.Errorf("get = %v, warned %q", got == token, w.warned)
	}
	w.helper.Now = func() time.Time { return now.Add(61 * time.Minute) }
	if out, err := w.serve("get", askRepository); out != "quit=1\n" || err == nil {
		t.Errorf("get = %q, %v", out, err)
	}
}

func TestAppFails(t *testing.T) {
	for name, tt := range map[string]struct {
		ask  string
		edit func(*world)
		want string
	}{
		"no key":            {askRepository, func(w *world) { clear(w.secrets.items) }, "the key of GitHub App 4711 is not in the keychain"},
		"no path":           {ask, nil, "credential.https://forge.example.com.useHttpPath"},
		"not installed":     {ask + "path=nobody/one\n", nil, "GitHub App 4711 is not installed for nobody/one"},
		"no repository":     {ask + "path=team\n", nil, "is not OWNER/REPOSITORY"},
		"path to elsewhere": {ask + "path=../../app\n", nil, "is not OWNER/REPOSITORY"},
		"query":             {ask + "path=team/one?x\n", nil, "is not OWNER/REPOSITORY"},
		"bad number":        {ask, func(w *world) { w.settings["githubappinstallationid"] = "1/../2" }, "is no number"},
		"no such app": {askRepository, func(w *world) {
			w.settings["githubappid"] = "1"
			w.secrets.items[forge.AppKeyName(forgetest.Host, "1")] = pemOf(newKey())
		}, "401 Unauthorized (no such app)"},
		"clock": {askRepository, func(w *world) {
			w.helper.Now = func() time.Time { return time.Now().Add(-time.Hour) }
		}, "the expiration time is past"},
		"damaged key": {askRepository, func(w *world) {
			w.secrets.items[forge.AppKeyName(forgetest.Host, "4711")] = []byte("-----BEGIN KEY-----")
		}, "it is not in PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newAppWorld(t)
			if tt.edit != nil {
				tt.edit(w)
			}
			out, err := w.serve("get", tt.ask)
			if out != "quit=1\n" || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("get = %q, %v; want %q", out, err, tt.want)
			}
			w.calls(0, 0)
		})
	}
}

// GitHub takes the app's clock to be a little ahead.
func TestAppClock(t *testing.T) {
	for _, ahead := range []time.Duration{-5 * time.Minute, 50 * time.Second} {
		w := newAppWorld(t)
		w.helper.Now = func() time.Time { return time.Now().Add(ahead) }
		w.get(askRepository)
	}
}

// An app that is set up for all hosts is nobody's.
func TestAppForAllHosts(t *testing.T) {
	w := newAppWorld(t)
	delete(w.settings, "githubappid")
	delete(w.settings, "oauthclientid")
	w.settings["*githubappid"] = "4711"
	w.must("get", askRepository)
	w.appCalls(0, 0)
}
