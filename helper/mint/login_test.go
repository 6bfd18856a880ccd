package mint_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint"
	"credmint/helper/mint/awstest"
	"credmint/helper/signin"
)

var errFull = errors.New("the keychain is full")

// stranger is a person whose browser is on another machine: it shows a page with a code, which they bring.
type stranger struct {
	visitor
	slips []string // what is pasted before the right thing
	asked int
	told  strings.Builder // what was said about them
	shown string          // by the last page
}

func (s *stranger) Remote() bool { return true }

func (s *stranger) Visit(ctx context.Context, _, page, _ string) {
	s.pages = append(s.pages, page)
	s.shown, _ = browse(ctx, page) // tests of what cannot be visited look at the address
}

func (s *stranger) Paste(ctx context.Context, text string, accept func(url.Values) error) (url.Values, error) {
	return (&signin.Person{Out: &s.told, Ask: s.Ask}).Paste(ctx, text, accept)
}

func (s *stranger) Ask(context.Context, string) (string, error) {
	if s.asked++; s.asked <= len(s.slips) {
		return s.slips[s.asked-1], nil
	}
	code := regexp.MustCompile(`<code>(.*)</code>`).FindStringSubmatch(s.shown)
	if code == nil {
		return "", errors.New("the page shows no code")
	}
	return code[1], nil
}

func browse(ctx context.Context, address string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	return string(page), err
}

// desk is a world with a console, a person before it, and what mints for them.
type desk struct {
	*world
	console  *awstest.Console
	person   *visitor
	vault    *vault
	profile  *helper.Profile
	login    *mint.Login
	warnings []string
	now      time.Time // this machine's; zero: the true one
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{world: newWorld(t), person: &visitor{t: t}, vault: &vault{items: map[string][]byte{}}}
	d.console = d.aws.AddConsole(d.alice.ARN)
	d.profile = d.profileOf(d.alice.ARN)
	d.login = &mint.Login{
		Secrets: d.vault, Person: d.person, For: "dev", Network: &mint.Network{},
		Warn: func(err error) { d.warnings = append(d.warnings, err.Error()) },
		Now: func() time.Time {
			if d.now.IsZero() {
				return time.Now()
			}
			return d.now
		},
	}
	return d
}

func (d *desk) profileOf(arn string) *helper.Profile {
	return &helper.Profile{Name: "dev", Kind: helper.Login, Client: d.me.Client, Inputs: &helper.LoginSession{ARN: arn}}
}

// session is one that is minted, and that AWS takes as the person's.
func (d *desk) session(t *testing.T) helper.Session {
	t.Helper()
	s, err := d.login.Session(t.Context(), d.profile)
	if err != nil {
		t.Fatal(err)
	}
	g, ok := d.aws.Grant(s.AccessKeyID)
	if !ok || g.ARN != d.profile.Identity() || s.AccountID != "111111111111" {
		t.Fatalf("a session of %s in %s, want %s", g.ARN, s.AccountID, d.profile.Identity())
	}
	if life := s.Expires.Sub(s.Issued); life < 14*time.Minute || life > 15*time.Minute {
		t.Errorf("it lasts %s", life)
	}
	return s
}

// alone is the desk with nobody before it.
func (d *desk) alone() *desk {
	d.login.Person = nil
	return d
}

// wantCalls demands that AWS was asked so often for a token, successfully or not, since the last time.
func (d *desk) wantCalls(t *testing.T, want int) {
	t.Helper()
	got := 0
	for _, c := range d.aws.Log() {
		if c.Action == "CreateOAuth2Token" {
			got++
		}
	}
	d.aws.Reset()
	if got != want {
		t.Errorf("%d calls for a token, want %d", got, want)
	}
}

// wantSignIn demands that only a person can go on, and that the reason has the words.
func (d *desk) wantSignIn(t *testing.T, words string) {
	t.Helper()
	_, err := d.login.Session(t.Context(), d.profile)
	var needed *mint.SignInNeeded
	if !errors.As(err, &needed) || !strings.Contains(needed.Why, words) {
		t.Errorf("error %v, want that a person must sign in: %s", err, words)
	}
}

func (d *desk) record() string { return string(d.vault.items[mint.LoginRecord(d.profile)]) }

func TestLoginSignsInAndRefreshes(t *testing.T) {
	d := newDesk(t)
	first := d.session(t)
	if about := d.vault.about; len(d.person.pages) != 1 || len(about) != 3 ||
		about["arn"] != d.alice.ARN || about["account"] != "111111111111" || about["signed_in"] == "" {
		t.Errorf("%d visits; the index says %v", len(d.person.pages), about)
	}
	d.alone()
	for range 3 { // each takes the token that the one before it left
		if s := d.session(t); s.AccessKeyID == first.AccessKeyID {
			t.Error("the same session again")
		}
	}
	if len(d.warnings) != 0 {
		t.Errorf("warnings %q", d.warnings)
	}
	d.wantCalls(t, 4)
}

func TestLoginFromElsewhere(t *testing.T) {
	d := newDesk(t)
	person := &stranger{slips: []string{"what?", "c3RhdGU9YSZjb2RlPWI="}}
	d.login.Person = person
	d.session(t)
	if told := person.told.String(); person.asked != 3 || !strings.Contains(told, "it has no single state") || !strings.Contains(told, "of another sign-in") {
		t.Errorf("asked %d times, told %q", person.asked, told)
	}
	d.alone().session(t) // the token belongs to the other client now
}

func TestLoginFromElsewhereGivesUp(t *testing.T) {
	d := newDesk(t)
	person := &stranger{slips: []string{"a", "b", "c", "d"}}
	d.login.Person = person
	if _, err := d.login.Session(t.Context(), d.profile); err == nil || person.asked != 3 {
		t.Errorf("error %v after %d questions, want one after 3", err, person.asked)
	}
	d.wantCalls(t, 0)
}

func TestLoginRefusedInTheBrowser(t *testing.T) {
	d := newDesk(t)
	d.console.SetAnswer(awstest.Refused)
	_, err := d.login.Session(t.Context(), d.profile)
	var denied *signin.Denied
	if !errors.As(err, &denied) || denied.Code != "access_denied" {
		t.Errorf("error %v, want that it was refused", err)
	}
}

func TestLoginNobodyYet(t *testing.T) {
	d := newDesk(t).alone()
	d.wantSignIn(t, "nobody has signed in yet")
	d.wantCalls(t, 0)
}

// The one who signed in is not the one the profile is for.
func TestLoginWrongIdentity(t *testing.T) {
	d := newDesk(t)
	bob := d.aws.AddUser("111111111111", "bob")
	d.console.SignInAs(bob.ARN)
	_, err := d.login.Session(t.Context(), d.profile)
	var wrong *mint.WrongIdentity
	if !errors.As(err, &wrong) || wrong.Got != bob.ARN || wrong.Want != d.alice.ARN || !strings.Contains(wrong.Hint(), "credmint login --aws-login dev") {
		t.Errorf("error %v", err)
	}
	if len(d.vault.items) != 0 {
		t.Error("the sign-in of somebody else is kept")
	}
}

// A role's session can sign in too, and so can root.
func TestLoginIdentities(t *testing.T) {
	for _, arn := range []string{"arn:aws:sts::222222222222:assumed-role/Admin/alice", "arn:aws:iam::111111111111:root"} {
		d := newDesk(t)
		d.aws.AddRoot("111111111111")
		d.console.SignInAs(arn)
		d.profile = d.profileOf(arn)
		s, err := d.login.Session(t.Context(), d.profile)
		if g, _ := d.aws.Grant(s.AccessKeyID); err != nil || g.ARN != arn || s.AccountID != helper.AccountOf(arn) {
			t.Errorf("%s: a session of %s in %s, error %v", arn, g.ARN, s.AccountID, err)
		}
	}
}

func TestLoginAnew(t *testing.T) {
	d := newDesk(t)
	d.session(t)
	d.login.Anew = true
	d.session(t)
	if len(d.person.pages) != 2 {
		t.Errorf("%d visits, want 2", len(d.person.pages))
	}
}

func TestLoginEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		end func(*desk)
		why string
	}{
		"in time":  {func(d *desk) { d.console.EndSignIns() }, "has ended (TOKEN_EXPIRED)"},
		"password": {func(d *desk) { d.console.ChangePassword(d.alice.ARN) }, "has ended (USER_CREDENTIALS_CHANGED)"},
		"damage": {func(d *desk) {
			d.vault.items[mint.LoginRecord(d.profile)] = []byte(`{"arn":"arn:aws:iam::111111111111:user/bob","refresh_token":"x"}`)
		}, "is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.session(t)
			d.alone()
			tt.end(d)
			d.aws.Reset()
			d.wantSignIn(t, tt.why)
			d.aws.Reset()
			d.wantSignIn(t, tt.why) // the second to come learns the same
			d.wantCalls(t, 0)       // and AWS is not asked again
			if name != "damage" && (strings.Contains(d.record(), "refresh_token") || strings.Contains(d.record(), "dpop_key")) {
				t.Error("what is worth nothing any more is still kept")
			}
			d.login.Person = d.person
			d.session(t)
		})
	}
}

// The answer is lost: AWS has taken the token, and its successor was never stored.
func TestLoginCutOff(t *testing.T) {
	d := newDesk(t)
	d.session(t)
	d.alone()
	d.aws.SetFault("CreateOAuth2Token", awstest.Fault{Reset: true})
	_, err := d.login.Session(t.Context(), d.profile)
	var needed *mint.SignInNeeded
	if err == nil || errors.As(err, &needed) {
		t.Fatalf("error %v, want that the answer was lost", err)
	}
	d.aws.ClearFaults()
	d.wantSignIn(t, "its last renewal was cut off before the answer was stored")
	d.wantSignIn(t, "its last renewal was cut off before the answer was stored")
}

// AWS fails before it looks at the token, which is then good for the next time.
func TestLoginOutlivesAWSBeingDown(t *testing.T) {
	for name, fault := range map[string]awstest.Fault{
		"unavailable": {Status: 503, Body: "<html>"}, "html": {Status: 200, Body: "<html>"}, "redirect": {Redirect: "https://evil.example/"},
		"long": {HugeBody: true}, "throttled": {Throttle: -1},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.session(t)
			d.alone()
			d.aws.SetFault("CreateOAuth2Token", fault)
			_, err := d.login.Session(t.Context(), d.profile)
			var needed *mint.SignInNeeded
			if err == nil || errors.As(err, &needed) {
				t.Fatalf("error %v, want AWS's failure", err)
			}
			d.aws.ClearFaults()
			d.session(t)
			if d.session(t); strings.Contains(d.record(), `"sent"`) {
				t.Error("the record says that a token is on its way")
			}
		})
	}
}

// A code and a refresh token are sent again only when AWS has not looked at them.
func TestLoginRetries(t *testing.T) {
	d := newDesk(t)
	d.aws.SetFault("CreateOAuth2Token", awstest.Fault{Throttle: 2})
	d.session(t)
	d.wantCalls(t, 3)
	d.aws.SetFault("CreateOAuth2Token", awstest.Fault{Status: 503})
	if _, err := d.alone().login.Session(t.Context(), d.profile); err == nil {
		t.Error("no error")
	}
	d.wantCalls(t, 1)
}

func TestLoginWithNonce(t *testing.T) {
	d := newDesk(t)
	d.console.DemandNonce()
	d.session(t)
	d.alone().session(t)
	d.wantCalls(t, 4)
}

func TestLoginForbidden(t *testing.T) {
	d := newDesk(t)
	d.session(t)
	d.alone()
	d.console.Forbid(true)
	_, err := d.login.Session(t.Context(), d.profile)
	var refused *mint.Error
	if !errors.As(err, &refused) || refused.Code != "INSUFFICIENT_PERMISSIONS" || !strings.Contains(refused.Hint(), "SignInLocalDevelopmentAccess") {
		t.Fatalf("error %v", err)
	}
	d.console.Forbid(false)
	d.session(t)
}

// What AWS answers is looked at before anybody relies on it.
func TestLoginOddAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		fault awstest.Fault
		want  string
	}{
		"no credentials": {awstest.Fault{Empty: true}, "without credentials"},
		"no expiration":  {awstest.Fault{NoExpiry: true}, "without an expiration"},
		"over already":   {awstest.Fault{Expiration: time.Now().Add(-time.Hour)}, "ended"},
	} {
		d := newDesk(t)
		d.aws.SetFault("CreateOAuth2Token", tt.fault)
		if _, err := d.login.Session(t.Context(), d.profile); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q in it", name, err, tt.want)
		}
	}
}

// What cannot be stored is not spent; and what came with a token that could not be stored is good while it lasts.
func TestLoginKeychainFails(t *testing.T) {
	d := newDesk(t)
	d.vault.failAfter(0)
	d.session(t)
	d.wantUnkept(t)
	d.vault.failAfter(-1)
	d.session(t)
	d.alone().aws.Reset()

	d.vault.failAfter(0)
	if _, err := d.login.Session(t.Context(), d.profile); !errors.Is(err, errFull) {
		t.Errorf("error %v, want the keychain's", err)
	}
	d.wantCalls(t, 0)
	d.vault.failAfter(1)
	d.session(t)
	d.wantUnkept(t)
	d.vault.failAfter(-1)
	d.wantSignIn(t, "cut off")
}

// wantUnkept demands the one warning that the sign-in ends with its credentials.
func (d *desk) wantUnkept(t *testing.T) {
	t.Helper()
	if len(d.warnings) != 1 || !strings.Contains(d.warnings[0], errFull.Error()+": what AWS has given is good while it lasts") ||
		!strings.HasSuffix(d.warnings[0], "run `credmint login dev`") {
		t.Errorf("warnings %q", d.warnings)
	}
	d.warnings = nil
}

// A person may sign in anew where the locks are others (another cache directory), while a renewal is on its way that AWS
// refuses. That renewal goes on with the new sign-in, and does not forget it.
func TestLoginElsewhere(t *testing.T) {
	d := newDesk(t)
	d.session(t)
	before := d.vault.updates
	d.vault.afterUpdate = func(n int) {
		if n != before+1 { // our token is on its way
			return
		}
		d.console.EndSignIns()
		other, err := d.login.SignIn(t.Context(), d.profile)
		if err == nil {
			err = d.login.Keep(t.Context(), d.profile, other)
		}
		if err != nil {
			t.Error(err)
		}
		d.alone()
	}
	d.session(t)
	d.vault.afterUpdate = nil
	d.session(t)
	if len(d.warnings) != 0 {
		t.Errorf("warnings %q", d.warnings)
	}
}

// A sign-in that somebody made meanwhile is not overwritten with the successor of an older one's token.
func TestLoginReplacedMeanwhile(t *testing.T) {
	d := newDesk(t)
	d.session(t)
	other, err := d.login.SignIn(t.Context(), d.profile)
	if err != nil {
		t.Fatal(err)
	}
	d.alone()
	var kept string
	d.console.OnToken(func(string) {
		d.console.OnToken(nil)
		if err := d.login.Keep(t.Context(), d.profile, other); err != nil {
			t.Error(err)
		}
		kept = d.record()
	})
	d.session(t)
	if d.record() != kept || len(d.warnings) != 0 {
		t.Errorf("the later sign-in is lost; warnings %q", d.warnings)
	}
	d.session(t)
}

// A caller that gives up does not stop what has begun: the successor of the token that is spent would be lost.
func TestLoginOutlivesItsCaller(t *testing.T) {
	d := newDesk(t)
	d.session(t)
	d.alone()
	ctx, cancel := context.WithCancel(t.Context())
	d.console.OnToken(func(string) { cancel() })
	if s, err := d.login.Session(ctx, d.profile); err != nil || !s.ValidAt(time.Now()) {
		t.Errorf("%s, error %v", s, err)
	}
	d.session(t)
	if len(d.warnings) != 0 {
		t.Errorf("warnings %q", d.warnings)
	}
}

func TestLoginSignsOut(t *testing.T) {
	d := newDesk(t)
	s := d.session(t)
	d.alone()
	if err := d.login.SignOut(t.Context(), d.profile, s); err != nil {
		t.Fatal(err)
	}
	d.wantSignIn(t, "nobody has signed in yet")
	var needed *mint.SignInNeeded
	if err := d.login.SignOut(t.Context(), d.profile, helper.Session{}); !errors.As(err, &needed) || len(d.vault.items) != 0 {
		t.Errorf("error %v, want that nobody is signed in", err)
	}
}

func visitedOutside(host string) bool {
	outside.mu.Lock()
	defer outside.mu.Unlock()
	return slices.Contains(outside.hosts, host)
}

// Profiles that differ in their region share a sign-in; it is refreshed where it was made.
func TestLoginInOtherRegion(t *testing.T) {
	d := newDesk(t)
	d.session(t)
	d.alone()
	d.profile.Client.Region = "us-west-2"
	d.session(t)
	if !strings.Contains(d.record(), `"region":"eu-west-1"`) {
		t.Errorf("the sign-in is no longer eu-west-1's: %d bytes", len(d.record()))
	}
	record := d.vault.items[mint.LoginRecord(d.profile)]
	d.profile.Client.Endpoint = ""
	d.wantSignIn(t, "nobody has signed in yet")

	d.vault.items[mint.LoginRecord(d.profile)] = record
	if _, err := d.login.Session(t.Context(), d.profile); err == nil || !visitedOutside("eu-west-1.signin.aws.amazon.com:443") {
		t.Errorf("error %v; eu-west-1 was not asked", err)
	}
}

// The pages and the token's service are AWS's own, in every partition.
func TestLoginEndpoints(t *testing.T) {
	for region, host := range map[string]string{
		"eu-west-1": "eu-west-1.signin.aws.amazon.com", "cn-north-1": "cn-north-1.signin.amazonaws.cn",
		"us-gov-west-1": "us-gov-west-1.signin.amazonaws-us-gov.com", "eusc-de-east-1": "eusc-de-east-1.signin.amazonaws-eusc.eu",
	} {
		d := newDesk(t)
		d.profile.Client = helper.Client{Region: region}
		person := &stranger{}
		d.login.Person = person
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // the page is not there to be visited
		if _, err := d.login.Session(ctx, d.profile); err == nil {
			t.Errorf("%s: no error", region)
		}
		address, err := url.Parse(person.pages[0])
		if err != nil || address.Scheme != "https" || address.Host != host || address.Path != "/v1/authorize" ||
			address.Query().Get("redirect_uri") != "https://"+host+"/v1/sessions/confirmation" {
			t.Errorf("%s: %s", region, address)
		}
	}
}

// cliFile is what the AWS CLI keeps of a sign-in.
func cliFile(t *testing.T, dir, arn string, change func(map[string]any)) {
	t.Helper()
	token := map[string]any{
		"accessToken": map[string]any{
			"accessKeyId": "ASIACLI", "secretAccessKey": "secret", "sessionToken": "token", "accountId": "111111111111",
			"expiresAt": time.Now().Add(10 * time.Minute).UTC().Format("2006-01-02T15:04:05Z"),
		},
		"tokenType": "aws_sigv4", "clientId": "arn:aws:signin:::devtools/same-device", "refreshToken": "refresh", "dpopKey": "pem",
	}
	if change != nil {
		change(token)
	}
	data, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(arn))
	if err := os.WriteFile(filepath.Join(dir, hex.EncodeToString(sum[:])+".json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLoginTakesTheCLIs(t *testing.T) {
	inner := func(name string, value any) func(map[string]any) {
		return func(token map[string]any) { token["accessToken"].(map[string]any)[name] = value }
	}
	const bobs = "e30.eyJzdWIiOiJhcm46YXdzOmlhbTo6MTExMTExMTExMTExOnVzZXIvYm9iIn0.e30"
	for name, tt := range map[string]struct {
		change func(map[string]any)
		found  bool
		warns  string
	}{
		"good":            {nil, true, ""},
		"ended":           {inner("expiresAt", time.Now().Add(10*time.Second).Format(time.RFC3339)), false, ""},
		"no key":          {inner("accessKeyId", ""), false, ""},
		"another account": {inner("accountId", "222222222222"), false, "of account \"222222222222\""},
		"no time":         {inner("expiresAt", "soon"), false, "not what"},
		"somebody else":   {func(token map[string]any) { token["idToken"] = bobs }, false, "user/bob"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t).alone()
			d.login.CLI.Dir = t.TempDir()
			cliFile(t, d.login.CLI.Dir, d.alice.ARN, tt.change)
			s, err := d.login.Session(t.Context(), d.profile)
			if found := err == nil && s.AccessKeyID == "ASIACLI" && s.AccountID == "111111111111" && s.ValidAt(time.Now()); found != tt.found {
				t.Errorf("%s, error %v", s, err)
			}
			if len(d.warnings) != len(slices.DeleteFunc([]string{tt.warns}, func(s string) bool { return s == "" })) ||
				len(d.warnings) == 1 && !strings.Contains(d.warnings[0], tt.warns) {
				t.Errorf("warnings %q, want %q", d.warnings, tt.warns)
			}
			d.wantCalls(t, 0)
		})
	}
}
