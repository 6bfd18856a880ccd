package forge_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"credmint/helper/forge"
	"credmint/helper/forge/forgetest"
	"credmint/helper/gitcred"
	"credmint/helper/signin"
)

// Of many that ask at once one signs in, and later one refreshes.
func TestOnce(t *testing.T) {
	w := newWorld(t)
	w.forge.SetLife(30 * time.Second) // which is too short to be served again
	herd := func() {
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				if out, err := w.serve("get", ask); err != nil || out == "" {
					t.Errorf("get = %q, %v", out, err)
				}
			})
		}
		wait.Wait()
	}
	w.get(ask)
	w.calls(1, 1)
	w.forge.SetLife(2 * time.Hour)
	herd()
	w.calls(0, 1)
	clear(w.secrets.items)
	herd()
	w.calls(1, 1)
}

// A stored login comes first, and git's config is not looked at.
func TestStoredLogin(t *testing.T) {
	w := newWorld(t)
	w.must("store", ask+"username=alice\npassword=hunter2\n")
	w.helper.Config = nil
	if got := w.get(ask); got != "hunter2" {
		t.Errorf("get = %q", got)
	}
	if got := w.get(ask + "username=alice\n"); got != "hunter2" {
		t.Errorf("get = %q", got)
	}
	w.calls(0, 0)
}

// What git hands back is recognised, old tokens too, and never kept as a password.
func TestHandedBack(t *testing.T) {
	w := newWorld(t)
	first := w.get(ask)
	w.forge.Expire()
	w.must("erase", ask+"username=oauth2\npassword="+first+"\n")
	second := w.get(ask)
	w.must("store", ask+"username=oauth2\npassword="+first+"\n")
	w.must("store", ask+"username=oauth2\npassword="+second+"\n")
	if names, _ := w.secrets.Names("git/"); len(names) != 0 {
		t.Errorf("kept as passwords: %q", names)
	}
	w.must("erase", ask+"username=oauth2\npassword="+first+"\n")
	if first == second || w.get(ask) != second {
		t.Error("the second token is not served")
	}
	w.must("store", ask+"username=alice\npassword=hunter2\n")
	if names, _ := w.secrets.Names("git/"); len(names) != 1 {
		t.Errorf("a password is not kept: %q", names)
	}
}

// The host refuses the token that a refresh has fetched, too: the sign-in is worth nothing. An acceptance between the two
// refusals makes it two stories.
func TestRefusedTwice(t *testing.T) {
	w := newWorld(t)
	token := w.get(ask)
	for range 3 {
		w.must("erase", ask+"username=oauth2\npassword="+token+"\n")
		token = w.get(ask)
		w.must("store", ask+"username=oauth2\npassword="+token+"\n")
	}
	w.calls(1, 4)
	w.must("erase", ask+"username=oauth2\npassword="+token+"\n")
	token = w.get(ask)
	w.calls(0, 1)
	w.must("erase", ask+"username=oauth2\npassword="+token+"\n")
	w.must("erase", ask+"username=oauth2\n") // of half a request nothing is made
	if names, _ := w.secrets.Names("oauth/"); len(names) != 0 {
		t.Errorf("kept: %q", names)
	}
	w.get(ask)
	w.calls(1, 1)
}

// Users that the URL names have sign-ins of their own; the name that an earlier answer had is nobody's.
func TestUsers(t *testing.T) {
	w := newWorld(t)
	w.settings["provider"] = "generic"
	w.settings["oauthauthurl"], w.settings["oauthtokenurl"], w.settings["oauthscopes"] = "/oauth/authorize", "/oauth/token", "x"
	w.settings["oauthdefaultusername"] = "who"
	anybody := w.get(ask)
	if got := w.get(ask + "username=who\n"); got != anybody {
		t.Error("the answer's own user name is taken for another user")
	}
	alice := w.get(ask + "username=alice\n")
	if alice == anybody || w.forge.User() != "alice" || !strings.Contains(w.seen.String(), "sign in to https://forge.example.com as alice") {
		t.Errorf("alice has %v, the page was told %q, the person %q", alice == anybody, w.forge.User(), w.seen.String())
	}
	if w.get(ask+"username=alice\n") != alice || w.get(ask) != anybody {
		t.Error("the two are confused")
	}
	w.calls(2, 2)
}

// Secrets of clients go where the host wants them.
func TestClientSecret(t *testing.T) {
	for name, tt := range map[string]struct {
		header   bool
		settings settings
		kept     string
	}{
		"form":       {false, settings{"provider": "gitlab", "oauthclientsecret": "s/+%"}, ""},
		"header":     {true, settings{"provider": "gitlab", "oauthclientsecret": "s/+%", "oauthuseclientauthheader": "true"}, ""},
		"keychain":   {false, settings{"provider": "gitlab", "oauthclientsecret": "old"}, "s/+%\n"},
		"generic":    {true, settings{"oauthclientsecret": "s/+%", "oauthauthurl": "/oauth/authorize", "oauthtokenurl": "/oauth/token", "oauthscopes": "x"}, ""},
		"by setting": {false, settings{"oauthclientsecret": "s/+%", "oauthauthurl": "/oauth/authorize", "oauthtokenurl": "/oauth/token", "oauthscopes": "x", "oauthuseclientauthheader": "false"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.forge.Secret, w.forge.Header = "s/+%", tt.header
			if tt.header {
				w.forge.Secret = "s%2F%2B%25" // RFC 6749 section 2.3.1
			}
			tt.settings["oauthclientid"] = "client-1"
			w.helper.Config = tt.settings
			if tt.kept != "" {
				w.secrets.items[forge.SecretName(forgetest.Host, "client-1")] = []byte(tt.kept)
			}
			w.forge.SetLife(30 * time.Second)
			w.get(ask)
			w.get(ask)
			w.calls(1, 2)
		})
	}
	w := newWorld(t)
	w.forge.Secret = "right"
	w.settings["oauthclientsecret"] = "wrong"
	_, err := w.serve("get", ask)
	var refused *forge.Refused
	if !errors.As(err, &refused) || !strings.Contains(refused.Hint(), "oauthClientId") || strings.Contains(err.Error(), "wrong") {
		t.Errorf("get = %v", err)
	}
}

// The host is away, or its answer is lost: the refresh token is sent again, and what that costs is told.
func TestRefreshFails(t *testing.T) {
	w := newWorld(t)
	w.forge.SetLife(30 * time.Second)
	w.get(ask)
	w.helper.Person = nil
	for _, status := range []int{503, 200, 307, 308} { // what is redirected is not sent on
		w.forge.SetBroken(status)
		out, err := w.serve("get", ask)
		if out != "quit=1\n" || err == nil || !strings.Contains(err.Error(), "renew the token: ") || strings.Contains(err.Error(), "refresh-") {
			t.Errorf("%d: get = %q, %v", status, out, err)
		}
		if says := fmt.Sprint("the host answered ", status); status != 200 && !strings.Contains(err.Error(), says) {
			t.Errorf("%d: get = %v", status, err)
		}
	}
	w.forge.SetBroken(0)
	w.get(ask)
	w.forge.LoseNext()
	if _, err := w.serve("get", ask); err == nil {
		t.Error("an answer that is lost is no error")
	}
	var needed *forge.SignInNeeded
	if _, err := w.serve("get", ask); !errors.As(err, &needed) || !strings.Contains(err.Error(), "cut off before the answer was stored") {
		t.Errorf("get = %v", err)
	}
}

// Signing out forgets what is named, and that host's alone.
func TestSignOut(t *testing.T) {
	w := newWorld(t)
	w.get(ask)
	w.get(ask + "username=alice\n")
	w.secrets.items["oauth/https://"+forgetest.Host+".evil"] = w.secrets.items["oauth/https://"+forgetest.Host]
	for _, tt := range []struct {
		ask  string
		want int
	}{{ask + "username=bob\n", 0}, {ask + "username=alice\n", 1}, {ask, 1}, {ask, 0}} {
		if n, err := w.helper.SignOut(t.Context(), request(tt.ask)); n != tt.want || err != nil {
			t.Errorf("SignOut(%q) = %d, %v", tt.ask, n, err)
		}
	}
	if n, err := w.helper.SignOutAll(t.Context()); n != 1 || err != nil || len(w.secrets.items) != 0 {
		t.Errorf("SignOutAll = %d, %v; %d left", n, err, len(w.secrets.items))
	}
}

// What cannot be stored is not spent; what came with a token that could not be stored is good while it lasts, and says so.
func TestKeychainFails(t *testing.T) {
	w := newWorld(t)
	w.get(ask)
	w.calls(1, 1)
	now := time.Now()
	w.helper.Now = func() time.Time { return now.Add(3 * time.Hour) }
	w.helper.Person = nil
	for writes, want := range []string{"quit=1\n", "password="} {
		left := writes
		w.secrets.writable = func() bool { left--; return left >= 0 }
		out, err := w.serve("get", ask)
		if !strings.Contains(out, want) || errors.Is(err, errFull) != (writes == 0) {
			t.Errorf("after %d writes: get = %q, %v, want %q", writes, out, err, want)
		}
		w.calls(0, writes)
	}
	if len(w.warned) != 1 || !strings.Contains(w.warned[0], errFull.Error()) || !strings.HasSuffix(w.warned[0], "run `credmint login https://forge.example.com`") {
		t.Errorf("warned %q", w.warned)
	}
	w.secrets.writable = nil
	if _, err := w.serve("get", ask); err == nil || !strings.Contains(err.Error(), "cut off before the answer was stored") {
		t.Errorf("error %v", err)
	}
}

// A sign-in that is ended while its token is being renewed does not come back with the answer.
func TestSignOutMeanwhile(t *testing.T) {
	w := newWorld(t)
	w.get(ask)
	now := time.Now()
	w.helper.Now = func() time.Time { return now.Add(3 * time.Hour) }
	w.helper.Network.Transport = transport(func(req *http.Request) (*http.Response, error) {
		resp, err := direct{w.forge}.RoundTrip(req)
		if n, e := w.helper.SignOut(t.Context(), request(ask)); n != 1 || e != nil {
			t.Errorf("SignOut = %d, %v", n, e)
		}
		return resp, err
	})
	out, err := w.serve("get", ask)
	if names, _ := w.secrets.Names(""); strings.Contains(out, "password") || err != nil || len(names) != 0 {
		t.Errorf("get = %q, %v, and %q is kept", out, err, names)
	}
	w.calls(1, 2)
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) { return t(req) }

// What is kept is listed without opening it.
func TestParseListing(t *testing.T) {
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	signIn := map[string]string{"username": "oauth2", "signed_in": "2030-01-02T03:04:05Z", "expires": "2030-01-02T03:04:05Z", "renewable": "true"}
	for _, tt := range []struct {
		name  string
		about map[string]string
		want  string
	}{
		{"oauth/https://h:8443", signIn, "oauth-sign-in https h:8443 oauth2 true true true"},
		{"oauth/https://h?alice", signIn, "oauth-sign-in https h alice true true true"},
		{"oauth/https://h", nil, "oauth-sign-in https h  false false false"},
		{forge.AppKeyName("h", "4711"), map[string]string{"added": "2030-01-02T03:04:05Z"}, "github-app-key https h 4711 true false false"},
		{forge.SecretName("h", "a/b"), map[string]string{"added": "yesterday"}, "oauth-client-secret https h a/b false false false"},
		{"oauth/h", nil, ""},
		{"git/https://h", nil, ""},
		{"oauthentic/https://h", nil, ""},
	} {
		l, ok := forge.ParseListing(tt.name, tt.about)
		got := fmt.Sprintln(l.Kind, l.Protocol, l.Host, l.Username, l.Stored.Equal(at), l.Expires.Equal(at), l.Renewable)
		if ok != (tt.want != "") || ok && got != tt.want+"\n" {
			t.Errorf("ParseListing(%q) = %q, %v, want %q", tt.name, got, ok, tt.want)
		}
	}
}

// Another client of git's config does not get the refresh token of the last one.
func TestOtherClient(t *testing.T) {
	w := newWorld(t)
	w.forge.SetLife(30 * time.Second)
	w.get(ask)
	w.calls(1, 1)
	w.helper.Person = nil
	w.settings["oauthtokenurl"] = "/elsewhere"
	if _, err := w.serve("get", ask); err == nil || !strings.Contains(err.Error(), "another client than the last sign-in") {
		t.Errorf("get = %v", err)
	}
	w.calls(0, 0)
}

// GitHub's tokens do not end.
func TestEndless(t *testing.T) {
	w := newWorld(t)
	w.forge.SetLife(0)
	token := w.get(ask)
	out, err := w.serve("get", ask)
	if want := "username=oauth2\npassword=" + token + "\n"; out != want || err != nil {
		t.Errorf("get = %q, %v", out, err)
	}
	w.calls(1, 1)
	w.must("erase", ask+"username=oauth2\npassword="+token+"\n")
	w.get(ask)
	w.calls(1, 1)
}

// Hosts that are not the one that is set up get nothing.
func TestStrangers(t *testing.T) {
	w := newWorld(t)
	w.get(ask)
	w.calls(1, 1)
	for _, host := range []string{
		"protocol=http\nhost=" + forgetest.Host, "protocol=https\nhost=" + forgetest.Host + ":8443", "protocol=https\nhost=" + forgetest.Host + ".evil",
		"protocol=https\nhost=FORGE.example.com", "protocol=https\nhost=x." + forgetest.Host, "protocol=https\nhost=a@" + forgetest.Host,
		"protocol=https\nhost=evil\npath=" + forgetest.Host, "protocol=ftp\nhost=" + forgetest.Host,
	} {
		w.helper.Person = nil
		if out, _ := w.serve("get", host+"\n"); strings.Contains(out, "password") {
			t.Errorf("%q gets %q", host, out)
		}
	}
	w.calls(0, 0)
}

// Over plain http nothing is given, even where the sign-in itself would be by https.
func TestPlainHTTP(t *testing.T) {
	w := newWorld(t)
	w.settings["provider"], w.settings["oauthscopes"] = "generic", "x"
	w.settings["oauthauthurl"], w.settings["oauthtokenurl"] = "https://"+forgetest.Host+"/oauth/authorize", "https://"+forgetest.Host+"/oauth/token"
	if out, err := w.serve("get", "protocol=http\nhost="+forgetest.Host+"\n"); out != "" || err != nil {
		t.Errorf("get = %q, %v", out, err)
	}
	if _, err := w.helper.SignIn(t.Context(), request("protocol=http\nhost="+forgetest.Host+"\n"), true); err == nil {
		t.Error("a sign-in for plain http")
	}
	w.calls(0, 0)
}

// A device code is for whom the browser is on another machine. The forge refuses to be asked too often.
func TestDeviceCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.helper.Remote, w.helper.Person.Open = true, nil
		w.forge.SetDevice(2, 1)
		out, read := &w.seen, make(chan struct{})
		w.helper.Person.Out = writer(func(p []byte) (int, error) {
			defer close(read)
			return out.Write(p)
		})
		go func() {
			<-read
			time.Sleep(12 * time.Second) // of the bubble's clock
			w.approve()
		}()
		began := time.Now()
		w.get(ask)
		if took := time.Since(began); took != 25*time.Second { // 5, 5, 5 and "slow down", 10
			t.Errorf("it took %v", took)
		}
		if !strings.Contains(out.String(), "https://forge.example.com/device") || !strings.Contains(out.String(), "ABCD-EFGH") {
			t.Errorf("the person reads %q", out.String())
		}
		if w.forge.Calls("oauth/authorize") != 0 {
			t.Error("a page was opened")
		}
	})
}

// What goes wrong with the host while a person types the code ends nothing, and it is asked less often.
func TestDeviceCodeOutlivesTheHostBeingDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.helper.Remote, w.helper.Person.Open = true, nil
		w.forge.SetBroken(503)
		go func() {
			time.Sleep(7 * time.Second) // of the bubble's clock
			w.forge.SetBroken(0)
			w.approve()
		}()
		began := time.Now()
		w.get(ask)
		if took := time.Since(began); took != 15*time.Second { // 5, 10
			t.Errorf("it took %v", took)
		}
	})
}

// Whoever has another certificate than the host's is no host that is away: the sign-in ends at the first sight of them.
func TestDeviceCodeEndsAtAnotherCertificate(t *testing.T) {
	stranger := httptest.NewTLSServer(http.NotFoundHandler())
	certificate := stranger.TLS.Certificates
	stranger.Close()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.helper.Remote, w.helper.Person.Open = true, nil
		polls := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			go func() {
				_ = tls.Server(there, &tls.Config{Certificates: certificate}).Handshake()
				there.Close()
			}()
			return here, nil
		}}
		w.helper.Network.Transport = byPath{"/oauth/token": polls, "": direct{w.forge}}
		began := time.Now()
		_, err := w.serve("get", ask)
		var untrusted *forge.Untrusted
		if !errors.As(err, &untrusted) || !strings.Contains(err.Error(), "certificate") || !strings.Contains(untrusted.Hint(), "http.sslCAInfo") {
			t.Errorf("get = %v", err)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("it took %v", took)
		}
		time.Sleep(time.Minute) // oauth2 leaves a body open, until the client's own deadline
	})
}

// byPath sends requests to one network or another.
type byPath map[string]http.RoundTripper

func (b byPath) RoundTrip(req *http.Request) (*http.Response, error) {
	if to := b[req.URL.Path]; to != nil {
		return to.RoundTrip(req)
	}
	return b[""].RoundTrip(req)
}

// What the host will not say otherwise the next time ends the sign-in, and what it may is asked again.
func TestDeviceCodeEndsAtARefusal(t *testing.T) {
	for status, want := range map[int]time.Duration{400: 5 * time.Second, 403: 5 * time.Second, 404: 5 * time.Second, 429: 15 * time.Second, 502: 15 * time.Second} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.helper.Remote, w.helper.Person.Open = true, nil
				w.forge.SetBroken(status)
				go func() {
					time.Sleep(7 * time.Second) // of the bubble's clock
					w.forge.SetBroken(0)
					w.approve()
				}()
				began := time.Now()
				_, err := w.serve("get", ask)
				took := time.Since(began)
				time.Sleep(time.Minute) // for the one who approves
				if ends := want == 5*time.Second; took != want || (err != nil) != ends || ends && !strings.Contains(err.Error(), strconv.Itoa(status)) {
					t.Errorf("get = %v after %v", err, took)
				}
			})
		})
	}
}

func TestDeviceCodeRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.helper.Remote, w.helper.Person.Open = true, nil
		w.forge.SetAnswer("refused")
		_, err := w.serve("get", ask)
		var denied *signin.Denied
		if !errors.As(err, &denied) {
			t.Errorf("get = %v", err)
		}
		w.forge.SetAnswer("")
		began := time.Now()
		if _, err = w.serve("get", ask); !errors.Is(err, forge.ErrUnanswered) || time.Since(began) > 11*time.Minute {
			t.Errorf("nobody answers: %v after %v", err, time.Since(began))
		}
	})
}

// approve types the device's code.
func (w *world) approve() {
	page := httptest.NewRequest("GET", "https://forge.example.com/device?user_code=ABCD-EFGH", nil)
	if resp, err := (direct{w.forge}).RoundTrip(page); err != nil || resp.StatusCode != http.StatusNoContent {
		w.Errorf("the page for the code says %v, %v", resp, err)
	}
}

// No device code to be had, and the browser elsewhere: the answer is pasted.
func TestPaste(t *testing.T) {
	w := newWorld(t)
	w.settings["provider"] = "generic"
	w.settings["oauthauthurl"], w.settings["oauthtokenurl"], w.settings["oauthscopes"] = "/oauth/authorize", "/oauth/token", "x"
	var location string
	w.helper.Remote = true
	w.helper.Person.Open = nil
	w.helper.Person.Ask = func(_ context.Context, text string) (string, error) {
		if !strings.Contains(text, "http://127.0.0.1:") {
			t.Errorf("asked %q", text)
		}
		for line := range strings.Lines(w.seen.String()) {
			if address := strings.TrimSpace(line); strings.HasPrefix(address, "https://") {
				location = w.redirect(address)
			}
		}
		return location, nil
	}
	w.get(ask)
	w.calls(1, 1)
}

// The redirect address may be the application's own.
func TestRedirect(t *testing.T) {
	w := newWorld(t)
	w.settings["oauthredirecturi"] = "http://localhost/cb"
	w.forge.Redirect = "http://localhost/cb"
	w.get(ask)
	w.settings["oauthredirecturi"] = "http://evil.example/cb"
	if _, err := w.helper.SignIn(t.Context(), request(ask), true); err == nil || !strings.Contains(err.Error(), "redirect address") {
		t.Errorf("SignIn = %v", err)
	}
}

// When may a browser open?
func TestMayAsk(t *testing.T) {
	for name, tt := range map[string]struct {
		attended, typed bool
		settings        settings
		want            bool
	}{
		"at a terminal":            {attended: true, want: true},
		"by a program":             {},
		"by a program, as allowed": {settings: settings{"credmintautologin": "true"}, want: true},
		"never":                    {attended: true, settings: settings{"interactive": "never", "credmintautologin": "true"}},
		"not interactive":          {attended: true, settings: settings{"interactive": "false"}},
		"login was typed":          {typed: true, settings: settings{"interactive": "never"}, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.helper.Attended, w.helper.Typed = func() bool { return tt.attended }, tt.typed
			for k, v := range tt.settings {
				w.settings[k] = v
			}
			out, err := w.serve("get", ask)
			if got := err == nil && strings.Contains(out, "password="); got != tt.want || (w.visits > 0) != tt.want {
				t.Errorf("get = %q, %v after %d visits", out, err, w.visits)
			}
		})
	}
}

// A client that is set up for all hosts is nobody's.
func TestForAllHosts(t *testing.T) {
	w := newWorld(t)
	delete(w.settings, "oauthclientid")
	w.settings["*oauthclientid"] = "client-1"
	w.must("get", ask)
	if len(w.warned) != 1 || !strings.Contains(w.warned[0], "credential.https://forge.example.com.oauthclientid") {
		t.Errorf("warned: %q", w.warned)
	}
	w.settings["oauthclientid"] = "another"
	delete(w.settings, "*oauthclientid")
	w.settings["*oauthclientsecret"] = "all"
	w.forge.ClientID = "another"
	w.get(ask) // the forge knows of no secret, and refuses one
}

func request(in string) gitcred.Credential {
	c, err := gitcred.Read(strings.NewReader(in))
	if err != nil {
		panic(fmt.Sprint(in, err))
	}
	return c
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
