package mint_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint"
	"credmint/helper/mint/awstest"
	"credmint/helper/signin"
)

// vault is a keychain in memory. onUpdate is called before a change is kept.
type vault struct {
	items       map[string][]byte
	about       map[string]string // what the index says of the last item that was changed
	updates     int
	onUpdate    func(n int) error
	afterUpdate func(n int) // when a change is kept
}

func (v *vault) Get(_ context.Context, name string) ([]byte, error) {
	if value, ok := v.items[name]; ok {
		return value, nil
	}
	return nil, fs.ErrNotExist
}

func (v *vault) Update(ctx context.Context, name string, change func([]byte) ([]byte, map[string]string, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	value, about, err := change(v.items[name])
	if err != nil {
		return err
	}
	v.updates++
	if v.onUpdate != nil {
		if err := v.onUpdate(v.updates); err != nil {
			return err
		}
	}
	v.about = about
	if delete(v.items, name); value != nil {
		v.items[name] = value
	}
	if v.afterUpdate != nil {
		v.afterUpdate(v.updates)
	}
	return nil
}

// failAfter lets so many more changes succeed; negative: all.
func (v *vault) failAfter(changes int) {
	from := v.updates
	v.onUpdate = func(n int) error {
		if changes >= 0 && n > from+changes {
			return errFull
		}
		return nil
	}
}

// visitor is a person whose browser goes wherever it is sent.
type visitor struct {
	t      *testing.T
	remote bool
	pages  []string
	codes  []string
	meddle func(page *url.URL) // changes an address before it is visited
	left   func()              // when the last page has come; nil: nothing
}

func (v *visitor) Visit(_ context.Context, _, page, code string) {
	v.pages, v.codes = append(v.pages, page), append(v.codes, code)
	u, err := url.Parse(page)
	if err != nil {
		v.t.Error(err)
		return
	}
	if v.meddle != nil {
		v.meddle(u)
	}
	browse := func() {
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(u.String())
		if err == nil {
			resp.Body.Close()
		}
		if v.left != nil {
			v.left()
		}
	}
	if code != "" { // they have done all they have to before AWS is asked whether they did
		browse()
		return
	}
	go browse() // the page comes back here
}

func (v *visitor) Ask(context.Context, string) (string, error) {
	return "", errors.New("nothing to paste")
}

func (v *visitor) Paste(context.Context, string, func(url.Values) error) (url.Values, error) {
	return nil, errors.New("a visitor has nothing to paste")
}

func (v *visitor) Remote() bool { return v.remote }

// ssoWorld is an Identity Center with alice before it, and what signs in there.
type ssoWorld struct {
	*mint.SSOSignIn
	aws     *awstest.AWS
	center  *awstest.IdentityCenter
	vault   *vault
	visitor *visitor
	link    *helper.Profile
	role    *helper.Profile
	pauses  []time.Duration
	warned  []string
	now     time.Time
}

func newSSOWorld(t *testing.T) *ssoWorld {
	t.Helper()
	w := &ssoWorld{aws: awstest.New(), vault: &vault{items: map[string][]byte{}}, now: time.Now()}
	endpoint := w.aws.Start()
	t.Cleanup(w.aws.Close)
	w.center = w.aws.AddIdentityCenter("alice")
	w.center.Person().Assign("111111111111", "Sandbox", "Reader")
	client := helper.Client{Region: "eu-west-1", Endpoint: endpoint}
	w.link = &helper.Profile{Name: "corp", Kind: helper.SSOSignIn, Client: client, Inputs: &helper.SSOSession{
		Name: "corp", StartURL: w.center.StartURL, Region: "eu-west-1", Scopes: []string{"sso:account:access"}, Portal: endpoint,
	}}
	w.role = &helper.Profile{Name: "dev", Kind: helper.SSORole, Client: client, Source: w.link, Inputs: &helper.SSOAssignment{AccountID: "111111111111", RoleName: "Reader"}}
	w.visitor = &visitor{t: t}
	w.SSOSignIn = &mint.SSOSignIn{
		Secrets: w.vault, Person: w.visitor, For: "dev", Network: &mint.Network{}, CLI: mint.CLICache{Dir: t.TempDir()},
		Now: func() time.Time { return w.now }, Warn: func(err error) { w.warned = append(w.warned, err.Error()) },
		Pause: func(_ context.Context, d time.Duration) error {
			w.pauses = append(w.pauses, d)
			return mint.Pause(t.Context(), min(d, 1100*time.Millisecond)) // AWS here wants to be asked once a second
		},
	}
	return w
}

// legacy makes the link one of a profile without an [sso-session].
func (w *ssoWorld) legacy() {
	in := *w.link.Inputs.(*helper.SSOSession)
	in.Name, in.Scopes = "", nil
	w.link.Inputs = &in
}

func (w *ssoWorld) mustSignIn(t *testing.T) helper.Session {
	t.Helper()
	s, err := w.Session(t.Context(), w.link)
	if err != nil || s.SessionToken == "" || s.AccessKeyID != "" || s.Expires.Sub(s.Issued) != time.Hour {
		t.Fatalf("Session() = %+v until %s, %v", s, s.Expires, err)
	}
	return s
}

func (w *ssoWorld) program() { w.Person = nil }

func (w *ssoWorld) mustNeedSignIn(t *testing.T, why string) {
	t.Helper()
	s, err := w.Session(t.Context(), w.link)
	var needed *mint.SignInNeeded
	if !errors.As(err, &needed) || needed.Link != w.link || !strings.Contains(needed.Why, why) || s.SessionToken != "" {
		t.Fatalf("Session() = %v, %v; want SignInNeeded with %q", s, err, why)
	}
	if got := needed.Hint(); got != "run `credmint login corp`" {
		t.Errorf("hint %q", got)
	}
}

func TestSignInWithBrowser(t *testing.T) {
	w := newSSOWorld(t)
	w.mustSignIn(t)
	page, err := url.Parse(w.visitor.pages[0])
	if err != nil {
		t.Fatal(err)
	}
	if q := page.Query(); page.Path != "/authorize" || len(q.Get("state")) != 43 || len(q.Get("code_challenge")) != 43 || w.visitor.codes[0] != "" {
		t.Errorf("the page is %s, with the code %q", page, w.visitor.codes[0])
	}
	for _, call := range w.aws.Log() {
		if call.Action == "RegisterClient" && fmt.Sprint(call.Params["redirectUris"], call.Params["grantTypes"]) != "[http://127.0.0.1/oauth/callback] [authorization_code refresh_token]" {
			t.Errorf("registered with %v", call.Params)
		}
	}
	for name, value := range w.vault.items {
		if !strings.HasPrefix(name, "sso/corp/") || !strings.Contains(string(value), `"refresh_token":"aor`) || strings.Contains(string(value), `"sent"`) {
			t.Errorf("%s: %s", name, value)
		}
	}
	if len(w.vault.items) != 1 {
		t.Errorf("%d items are kept", len(w.vault.items))
	}
}

// A refresh needs nobody; each refresh token is spent once, and the next one is kept before the token is out.
func TestRefresh(t *testing.T) {
	w := newSSOWorld(t)
	seen := map[string]bool{w.mustSignIn(t).SessionToken: true}
	w.program()
	for range 3 {
		seen[w.mustSignIn(t).SessionToken] = true
	}
	if len(seen) != 4 || len(w.visitor.pages) != 1 {
		t.Errorf("%d different tokens, %d pages", len(seen), len(w.visitor.pages))
	}
}

func TestNobodySignedIn(t *testing.T) {
	w := newSSOWorld(t)
	w.program()
	w.mustNeedSignIn(t, "nobody has signed in yet")
	if n := len(w.aws.Log()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestSignInEnded(t *testing.T) {
	w := newSSOWorld(t)
	w.mustSignIn(t)
	w.program()
	w.center.EndSignIns()
	w.mustNeedSignIn(t, "has ended (InvalidGrantException)")
	for _, record := range w.vault.items {
		if strings.Contains(string(record), "refresh_token") || strings.Contains(string(record), "client_secret") {
			t.Error("a refresh token that is worth nothing is kept")
		}
	}
	w.aws.Reset()
	w.mustNeedSignIn(t, "has ended (InvalidGrantException)") // the next to come learns the same, and AWS is not asked
	if n := len(w.aws.Log()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestClientExpired(t *testing.T) {
	w := newSSOWorld(t)
	w.mustSignIn(t)
	w.program()
	w.now = w.now.Add(91 * 24 * time.Hour)
	w.aws.Reset()
	w.mustNeedSignIn(t, "AWS has forgotten this machine")
	if n := len(w.aws.Log()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// What cannot be stored is not spent; what came with a token that could not be stored is good while it lasts, and says so.
// The next one is told why the sign-in is lost, as after a process that was killed there.
func TestRefreshKeychainFails(t *testing.T) {
	w := newSSOWorld(t)
	w.vault.failAfter(0)
	w.mustSignIn(t)
	w.wantUnkept(t)
	w.vault.failAfter(-1)
	w.program()
	w.mustNeedSignIn(t, "nobody has signed in yet")
	w.Person = w.visitor
	w.mustSignIn(t)
	w.program()
	w.aws.Reset()
	w.vault.failAfter(0)
	if _, err := w.Session(t.Context(), w.link); !errors.Is(err, errFull) || len(w.aws.Log()) != 0 {
		t.Errorf("error %v after %d requests, want the keychain's after none", err, len(w.aws.Log()))
	}
	w.vault.failAfter(1)
	w.mustSignIn(t)
	w.wantUnkept(t)
	w.vault.failAfter(-1)
	for range 2 { // whoever finds out may have nobody to tell
		w.mustNeedSignIn(t, "renewal was cut off before the answer was stored")
	}
	w.Person = w.visitor
	w.mustSignIn(t)
	w.program()
	w.mustSignIn(t)
}

// wantUnkept demands the one warning that the sign-in ends with its token.
func (w *ssoWorld) wantUnkept(t *testing.T) {
	t.Helper()
	if len(w.warned) != 1 || !strings.Contains(w.warned[0], errFull.Error()+": what AWS has given is good while it lasts") ||
		!strings.HasSuffix(w.warned[0], "run `credmint login corp`") {
		t.Errorf("warned %q", w.warned)
	}
	w.warned = nil
}

// A process whose locks are elsewhere (it has another cache directory) may refresh at the same time. Whoever comes second
// takes the successor that the first has stored, and does not forget it.
func TestRefreshElsewhere(t *testing.T) {
	w := newSSOWorld(t)
	w.mustSignIn(t)
	w.program()
	before := w.vault.updates
	w.vault.afterUpdate = func(n int) {
		if n == before+1 { // our token is on its way, and theirs overtakes it
			w.mustSignIn(t)
			w.aws.SetFault("CreateToken", awstest.Fault{Code: "InvalidGrantException", Status: 400, Times: 1})
		}
	}
	w.mustSignIn(t)
	w.vault.afterUpdate = nil
	w.mustSignIn(t)
}

// A record that cannot be read is as good as none, and says so; it does not keep anybody from signing in.
func TestDamagedRecord(t *testing.T) {
	w := newSSOWorld(t)
	w.mustSignIn(t)
	for name := range w.vault.items {
		w.vault.items[name] = []byte("{}")
	}
	w.program()
	w.mustNeedSignIn(t, "what the keychain keeps of the last sign-in is damaged")
	w.Person = w.visitor
	w.mustSignIn(t)
	w.program()
	w.mustSignIn(t)
}

// An answer that was lost on the way is not asked for again by itself: the token may be spent.
func TestRefreshIsSentOnce(t *testing.T) {
	for name, fault := range map[string]awstest.Fault{"error": {Status: 500}, "reset": {Reset: true}} {
		t.Run(name, func(t *testing.T) {
			w := newSSOWorld(t)
			w.mustSignIn(t)
			w.program()
			w.aws.Reset()
			w.aws.SetFault("CreateToken", fault)
			_, err := w.Session(t.Context(), w.link)
			var needed *mint.SignInNeeded
			if err == nil || errors.As(err, &needed) || !strings.Contains(err.Error(), `profile "corp": CreateToken`) {
				t.Errorf("error %v", err)
			}
			if n := len(w.aws.Log()); n != 1 {
				t.Errorf("%d requests", n)
			}
			if len(w.vault.items) != 1 {
				t.Error("the refresh token is forgotten")
			}
		})
	}
	w := newSSOWorld(t)
	w.mustSignIn(t)
	w.program()
	w.aws.Reset()
	w.aws.SetFault("CreateToken", awstest.Fault{Throttle: 1}) // AWS has not looked at the token then
	w.mustSignIn(t)
	if n := len(w.aws.Log()); n != 2 {
		t.Errorf("throttled: %d requests", n)
	}
}

// A caller that gives up does not stop a refresh half-way.
func TestRefreshOutlivesItsCaller(t *testing.T) {
	w := newSSOWorld(t)
	w.mustSignIn(t)
	w.program()
	ctx, cancel := context.WithCancel(t.Context())
	w.center.OnToken(func(string) { cancel() })
	if s, err := w.Session(ctx, w.link); err != nil || s.SessionToken == "" {
		t.Errorf("Session() = %v, %v", s, err)
	}
	w.center.OnToken(nil)
	w.mustSignIn(t)
}

func TestAnew(t *testing.T) {
	w := newSSOWorld(t)
	w.mustSignIn(t)
	w.Anew = true
	w.mustSignIn(t)
	if len(w.visitor.pages) != 2 {
		t.Errorf("%d pages", len(w.visitor.pages))
	}
}

// What comes back to the loopback address must be the answer to this sign-in.
func TestSignInRefusesOthersAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		meddle func(w *ssoWorld, page *url.URL)
		want   string
	}{
		"refused by the person": {func(w *ssoWorld, _ *url.URL) { w.center.SetAnswer(awstest.Refused) }, "the sign-in was refused: access_denied"},
		"another challenge": {func(_ *ssoWorld, page *url.URL) {
			q := page.Query()
			q.Set("code_challenge", strings.Repeat("A", 43))
			page.RawQuery = q.Encode()
		}, "InvalidGrantException: Invalid code verifier provided"},
		"another state": {func(_ *ssoWorld, page *url.URL) {
			q := page.Query()
			q.Set("state", "stolen")
			page.RawQuery = q.Encode()
		}, "its state is of another sign-in"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSSOWorld(t)
			w.visitor.meddle = func(page *url.URL) { tt.meddle(w, page) }
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if name == "another state" { // such an answer ends nothing
				w.visitor.left = cancel
			}
			_, err := w.Session(ctx, w.link)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			var denied *signin.Denied
			if errors.As(err, &denied) != (name == "refused by the person") {
				t.Errorf("error %v", err)
			}
			if len(w.vault.items) != 0 {
				t.Error("something is kept")
			}
		})
	}
}

func TestDeviceCode(t *testing.T) {
	w := newSSOWorld(t)
	w.visitor.remote = true
	w.center.SlowDown(1)
	w.mustSignIn(t)
	if !strings.HasSuffix(w.visitor.pages[0], "/device?user_code="+w.visitor.codes[0]) || len(w.visitor.codes[0]) != 9 {
		t.Errorf("page %s, code %s", w.visitor.pages[0], w.visitor.codes[0])
	}
	if got := fmt.Sprint(w.pauses); got != "[1s 6s]" {
		t.Errorf("it waits %s between its polls; AWS says 1 s, and slow_down adds 5", got)
	}
	w.program()
	w.mustSignIn(t) // it has a refresh token too
}

// What goes wrong while a person types the code ends nothing, and AWS is asked less often.
func TestDeviceCodeOutlivesAWSBeingDown(t *testing.T) {
	for name, fault := range map[string]awstest.Fault{
		"503": {Status: 503, Body: "<html>busy</html>", Times: 2}, "500 of AWS's": {Code: "InternalServerException", Status: 500, Times: 2},
		"throttled": {Code: "ThrottlingException", Status: 400, Times: 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSSOWorld(t)
			w.visitor.remote = true
			w.aws.SetFault("CreateToken", fault)
			pause := w.Pause
			w.Pause = func(ctx context.Context, d time.Duration) error {
				if len(w.pauses) < 2 { // a poll that AWS takes no notice of need not be waited for
					w.pauses = append(w.pauses, d)
					return nil
				}
				return pause(ctx, d)
			}
			w.mustSignIn(t)
			if got := fmt.Sprint(w.pauses); got != "[1s 2s 4s]" {
				t.Errorf("it waits %s between its polls", got)
			}
		})
	}
	w := newSSOWorld(t)
	w.visitor.remote = true
	w.aws.SetFault("CreateToken", awstest.Fault{Body: "<html>a hotel's page</html>"})
	if _, err := w.Session(t.Context(), w.link); err == nil || !strings.Contains(err.Error(), "does not speak like AWS") || len(w.pauses) != 1 {
		t.Errorf("a web page: %v after %s", err, w.pauses)
	}
}

// Who answers in AWS's place, with another certificate, or refuses for good, ends the sign-in at once.
func TestDeviceCodeEndsWhereNothingWillChange(t *testing.T) {
	stranger := httptest.NewUnstartedServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes
	stranger.StartTLS()
	t.Cleanup(stranger.Close)
	for name, c := range map[string]struct {
		change func(*ssoWorld)
		says   string
	}{
		"another certificate": {func(w *ssoWorld) { w.link.Client.Endpoint = stranger.URL }, "certificate"},
		"a refusal": {func(w *ssoWorld) {
			w.aws.SetFault("CreateToken", awstest.Fault{Code: "InvalidClientException", Status: 401})
		}, "InvalidClientException"},
		"a redirect": {func(w *ssoWorld) { w.aws.SetFault("CreateToken", awstest.Fault{Redirect: "https://evil.example/"}) }, "HTTP status 307"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSSOWorld(t)
			w.visitor.remote = true
			w.Pause = func(context.Context, time.Duration) error {
				w.pauses = append(w.pauses, 0)
				c.change(w)
				if len(w.pauses) > 3 {
					return errors.New("it goes on")
				}
				return nil
			}
			if _, err := w.Session(t.Context(), w.link); err == nil || !strings.Contains(err.Error(), c.says) || len(w.pauses) != 1 {
				t.Errorf("%v after %d polls", err, len(w.pauses))
			}
		})
	}
}

func TestDeviceCodeEnds(t *testing.T) {
	w := newSSOWorld(t)
	w.visitor.remote = true
	w.center.SetAnswer(awstest.Refused)
	var denied *signin.Denied
	if _, err := w.Session(t.Context(), w.link); !errors.As(err, &denied) {
		t.Errorf("refused: %v", err)
	}
	w.aws.SetFault("CreateToken", awstest.Fault{Code: "ExpiredTokenException", Status: 400})
	if _, err := w.Session(t.Context(), w.link); !errors.Is(err, mint.ErrUnanswered) {
		t.Errorf("expired: %v", err)
	}
	w.aws.ClearFaults()
	w.center.SetAnswer(awstest.Ignored)
	w.pauses = nil
	over := errors.New("the caller's time is over")
	pause := w.Pause
	w.Pause = func(ctx context.Context, d time.Duration) error {
		if len(w.pauses) == 2 {
			return over
		}
		return pause(ctx, d)
	}
	if _, err := w.Session(t.Context(), w.link); !errors.Is(err, over) {
		t.Errorf("pending: %v", err)
	}
	if got := fmt.Sprint(w.pauses); got != "[1s 1s]" {
		t.Errorf("while it is pending it waits %s", got)
	}
}

// Profiles without an [sso-session] get a token by a code, and nothing that outlives it.
func TestLegacySignIn(t *testing.T) {
	w := newSSOWorld(t)
	w.legacy()
	w.mustSignIn(t)
	if len(w.vault.items) != 0 || w.visitor.codes[0] == "" {
		t.Errorf("%d items are kept; code %q", len(w.vault.items), w.visitor.codes[0])
	}
}

// The CLI's token is used where it is ours, and AWS takes it; its refresh token is the CLI's alone.
func TestCLICache(t *testing.T) {
	w := newSSOWorld(t)
	in := w.link.Inputs.(*helper.SSOSession)
	given := w.mustSignIn(t)
	clear(w.vault.items)
	if err := w.CLI.Share(in, given); err != nil {
		t.Fatal(err)
	}
	w.program()
	s, err := w.Session(t.Context(), w.link)
	if err != nil || s.SessionToken != given.SessionToken || !s.Expires.Equal(given.Expires.Truncate(time.Second)) {
		t.Errorf("Session() = %v until %s, %v", s, s.Expires, err)
	}
	files, err := filepath.Glob(filepath.Join(w.CLI.Dir, "*.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%q, %v", files, err)
	}
	path := files[0]
	for name, text := range map[string]string{
		"another start URL": `{"startUrl":"https://x.awsapps.com/start","region":"eu-west-1","accessToken":"` + given.SessionToken + `","expiresAt":"2099-01-01T00:00:00Z"}`,
		"another region":    `{"startUrl":"` + in.StartURL + `","region":"us-east-1","accessToken":"` + given.SessionToken + `","expiresAt":"2099-01-01T00:00:00Z"}`,
		"expired":           `{"startUrl":"` + in.StartURL + `","region":"eu-west-1","accessToken":"` + given.SessionToken + `","expiresAt":"2020-01-01T00:00:00UTC"}`,
		"no time":           `{"startUrl":"` + in.StartURL + `","region":"eu-west-1","accessToken":"` + given.SessionToken + `"}`,
		"unknown to AWS":    `{"startUrl":"` + in.StartURL + `","region":"eu-west-1","accessToken":"aoaX","expiresAt":"2099-01-01T00:00:00Z"}`,
		"no token":          `{"startUrl":"` + in.StartURL + `","region":"eu-west-1","expiresAt":"2099-01-01T00:00:00Z"}`,
		"no JSON":           `{`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { w.mustNeedSignIn(t, "nobody has signed in yet") })
	}
	old := `{"startUrl":"` + in.StartURL + `","region":"eu-west-1","accessToken":"` + given.SessionToken + `","expiresAt":"2099-01-01T00:00:00UTC","refreshToken":"aorCLI"}`
	if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := w.Session(t.Context(), w.link); err != nil || s.SessionToken != given.SessionToken || len(w.vault.items) != 0 {
		t.Errorf("an older CLI's: %v, %v; %d items are kept", s, err, len(w.vault.items))
	}
	// AWS being down is no reason to ask a person.
	w.aws.SetFault("ListAccounts", awstest.Fault{Status: 503})
	var needed *mint.SignInNeeded
	if _, err := w.Session(t.Context(), w.link); err == nil || errors.As(err, &needed) {
		t.Errorf("AWS is down: %v", err)
	}
}

func TestSignOut(t *testing.T) {
	w := newSSOWorld(t)
	token := w.mustSignIn(t)
	if err := w.SignOut(t.Context(), w.link, token); err != nil {
		t.Fatal(err)
	}
	if w.aws.Calls("Logout") != 1 || len(w.vault.items) != 0 {
		t.Errorf("%d calls, %d items are kept", w.aws.Calls("Logout"), len(w.vault.items))
	}
	var needed *mint.SignInNeeded
	if err := w.SignOut(t.Context(), w.link, helper.Session{}); !errors.As(err, &needed) {
		t.Errorf("with nobody signed in: %v", err)
	}
	// With a refresh token alone a token is had, to be ended.
	w.mustSignIn(t)
	if err := w.SignOut(t.Context(), w.link, helper.Session{}); err != nil || w.aws.Calls("Logout") != 2 || len(w.vault.items) != 0 {
		t.Errorf("%v, %d calls, %d items are kept", err, w.aws.Calls("Logout"), len(w.vault.items))
	}
	// AWS being away is told, and forgotten is it all the same.
	token = w.mustSignIn(t)
	w.aws.SetFault("Logout", awstest.Fault{Status: 503})
	if err := w.SignOut(t.Context(), w.link, token); err == nil || len(w.vault.items) != 0 {
		t.Errorf("%v, %d items are kept", err, len(w.vault.items))
	}
}

// tokens answers as a Reuse does, without a cache.
type tokens struct {
	*mint.SSOSignIn
	kept    helper.Session
	instead int
}

func (s *tokens) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	if s.kept.SessionToken != "" {
		return s.kept, nil
	}
	var err error
	s.kept, err = s.SSOSignIn.Session(ctx, p)
	return s.kept, err
}

func (s *tokens) Instead(ctx context.Context, p *helper.Profile, refused helper.Session) (helper.Session, error) {
	s.instead++
	if s.kept.SessionToken == refused.SessionToken {
		s.kept = helper.Session{}
	}
	return s.Session(ctx, p)
}

func (w *ssoWorld) roles() (*mint.SSORole, *tokens) {
	from := &tokens{SSOSignIn: w.SSOSignIn}
	return &mint.SSORole{Tokens: from, Now: time.Now, Network: w.Network}, from
}

func TestSSORole(t *testing.T) {
	w := newSSOWorld(t)
	roles, from := w.roles()
	s, err := roles.Session(t.Context(), w.role)
	if err != nil || s.AccountID != "111111111111" || !strings.HasPrefix(s.AccessKeyID, "ASIA") || s.Expires.Sub(s.Issued) < 59*time.Minute {
		t.Fatalf("%v of %s until %s, %v", s, s.AccountID, s.Expires, err)
	}
	// A token that was ended is replaced once, with nobody there.
	w.program()
	w.center.ExpireTokens()
	if _, err := roles.Session(t.Context(), w.role); err != nil || from.instead != 1 {
		t.Errorf("%v after %d", err, from.instead)
	}
	scoped := *w.link.Inputs.(*helper.SSOSession)
	scoped.Scopes = []string{"codewhisperer:completions"}
	hint := func() string {
		_, err := roles.Session(t.Context(), w.role)
		var refused *mint.Error
		if !errors.As(err, &refused) {
			t.Fatalf("error %v", err)
		}
		return refused.Hint()
	}
	// And not in a loop.
	w.aws.SetFault("GetRoleCredentials", awstest.Fault{Code: "UnauthorizedException", Status: 401, Message: "Session token not found or invalid"})
	if got := hint(); from.instead != 2 || !strings.Contains(got, "credmint login --force dev") {
		t.Errorf("hint %q after %d", got, from.instead)
	}
	// Where the scopes cannot do, that is what is wrong.
	w.aws.ClearFaults()
	w.link.Inputs, w.Person, from.kept = &scoped, w.visitor, helper.Session{}
	if got := hint(); !strings.Contains(got, "add sso:account:access to `sso_registration_scopes` of [sso-session corp]") {
		t.Errorf("hint %q", got)
	}
}

func TestSSORoleFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		fault      awstest.Fault
		want, hint string
	}{
		"not assigned":   {awstest.Fault{Code: "ForbiddenException", Message: "No access"}, "AWS refused GetRoleCredentials: ForbiddenException: No access", "sso_role_name"},
		"unknown":        {awstest.Fault{Code: "ResourceNotFoundException", Status: 404}, "ResourceNotFoundException", "sso_account_id"},
		"throttled":      {awstest.Fault{Throttle: -1}, "TooManyRequestsException", ""},
		"no credentials": {awstest.Fault{Empty: true}, "without credentials", ""},
		"no expiration":  {awstest.Fault{NoExpiry: true}, "without an expiration", ""},
		"past":           {awstest.Fault{Expiration: time.Now().Add(-time.Minute)}, "by this machine's clock", ""},
		"web page":       {awstest.Fault{Status: 200, Body: "<html></html>"}, "does not speak like AWS", ""},
		"bad gateway":    {awstest.Fault{Status: 502, Body: "<html></html>"}, "HTTP status 502", ""},
		"redirect":       {awstest.Fault{Redirect: "https://evil.example/"}, "HTTP status 307", ""},
		"truncated":      {awstest.Fault{Truncate: true}, "does not speak like AWS", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSSOWorld(t)
			roles, from := w.roles()
			from.kept = w.mustSignIn(t)
			w.aws.SetFault("GetRoleCredentials", tt.fault)
			s, err := roles.Session(t.Context(), w.role)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), `profile "dev"`) || s.SessionToken != "" {
				t.Errorf("%v, %v; want %q", s, err, tt.want)
			}
			var refused *mint.Error
			if errors.As(err, &refused) && !strings.Contains(refused.Hint(), tt.hint) {
				t.Errorf("hint %q", refused.Hint())
			}
			if err != nil && strings.Contains(err.Error(), from.kept.SessionToken) {
				t.Errorf("the token is in %q", err)
			}
		})
	}
}

// Where requests go, and the page of the sign-in, by what a profile says.
func TestSSOEndpoints(t *testing.T) {
	for want, client := range map[string]helper.Client{
		"oidc.eu-west-1.amazonaws.com:443":      {Region: "eu-west-1"},
		"oidc.eu-west-1.api.aws:443":            {Region: "eu-west-1", DualStack: true},
		"oidc-fips.us-east-1.amazonaws.com:443": {Region: "us-east-1", FIPS: true},
		"oidc.cn-north-1.amazonaws.com.cn:443":  {Region: "cn-north-1"},
	} {
		t.Run(want, func(t *testing.T) {
			w := newSSOWorld(t)
			w.link.Client = client
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			outside.mu.Lock()
			outside.hosts, outside.seen = nil, cancel
			outside.mu.Unlock()
			if _, err := w.Session(ctx, w.link); err == nil {
				t.Error("something answered")
			}
			outside.mu.Lock()
			defer outside.mu.Unlock()
			if got := fmt.Sprint(outside.hosts); got != "["+want+"]" {
				t.Errorf("it went to %s", got)
			}
		})
	}
}
