package helper_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"credmint/helper"
)

var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// store is a Store in memory that counts turns.
type store struct {
	kept                  map[helper.Key]helper.Session
	getErr, putErr, acErr error
	turns, claims, drops  int
	shared                []error
	onAcquire             func()
}

func (s *store) Get(_ context.Context, key helper.Key) (helper.Session, error) {
	if s.getErr != nil {
		return helper.Session{}, s.getErr
	}
	session, ok := s.kept[key]
	if !ok {
		return helper.Session{}, fmt.Errorf("%w: %w", helper.ErrMiss, fs.ErrNotExist)
	}
	return session, nil
}

func (s *store) Put(_ context.Context, key helper.Key, session helper.Session) error {
	if s.putErr == nil {
		s.kept[key] = session
	}
	return s.putErr
}

func (s *store) Acquire(_ context.Context, key helper.Key, enough func(helper.Session) bool) (helper.Session, helper.Turn, error) {
	if s.onAcquire != nil {
		s.onAcquire()
	}
	if s.acErr != nil {
		return helper.Session{}, nil, s.acErr
	}
	if session, ok := s.kept[key]; ok && enough(session) {
		return session, nil, nil
	}
	s.turns++
	return helper.Session{}, turn{s}, nil
}

func (s *store) Claim(helper.Key) bool {
	s.claims++
	return s.claims == 1
}

type turn struct{ s *store }

func (t turn) Drop() error {
	t.s.drops++
	clear(t.s.kept)
	return nil
}

func (t turn) End(failure error) {
	t.s.turns--
	if failure != nil {
		t.s.shared = append(t.s.shared, failure)
	}
}

// minter hands out sessions of an hour, or err.
type minter struct {
	now   *time.Time
	err   error
	calls int
	token string
}

func (m *minter) Session(context.Context, *helper.Profile) (helper.Session, error) {
	m.calls++
	return helper.Session{
		AccessKeyID: fmt.Sprintf("ASIA%d", m.calls), SecretAccessKey: "s", SessionToken: m.token,
		Issued: *m.now, Expires: m.now.Add(time.Hour),
	}, m.err
}

type fixture struct {
	now      time.Time
	store    *store
	minter   *minter
	reuse    *helper.Reuse
	warnings []string
	renewed  int
}

var profile = &helper.Profile{Name: "dev", Kind: helper.UserKey}

func newFixture() *fixture {
	f := &fixture{now: start, store: &store{kept: map[helper.Key]helper.Session{}}}
	f.minter = &minter{now: &f.now, token: "first"}
	f.reuse = &helper.Reuse{
		Store: f.store, Next: f.minter, Now: func() time.Time { return f.now },
		Warn:  func(err error) { f.warnings = append(f.warnings, err.Error()) },
		Renew: func(*helper.Profile) { f.renewed++ },
	}
	return f
}

// ask expects the session with that number.
func (f *fixture) ask(t *testing.T, want string) {
	t.Helper()
	s, err := f.reuse.Session(t.Context(), profile)
	if err != nil || s.AccessKeyID != want {
		t.Fatalf("Session() = %s, %v; want %s", s.AccessKeyID, err, want)
	}
	if f.store.turns != 0 {
		t.Fatalf("%d turns were not ended", f.store.turns)
	}
}

func TestReuseServesWhatIsKept(t *testing.T) {
	f := newFixture()
	f.ask(t, "ASIA1")
	f.now = f.now.Add(35 * time.Minute)
	f.ask(t, "ASIA1")
	if f.minter.calls != 1 || len(f.warnings) != 0 || f.renewed != 0 {
		t.Errorf("%d calls, %d renewals, warnings %q", f.minter.calls, f.renewed, f.warnings)
	}
}

func TestReuseRenewsBehindOnce(t *testing.T) {
	f := newFixture()
	f.ask(t, "ASIA1")
	f.now = f.now.Add(42 * time.Minute) // 18 minutes left: not due, but near
	f.ask(t, "ASIA1")
	f.ask(t, "ASIA1")
	if f.renewed != 1 {
		t.Errorf("%d renewals were started, want 1", f.renewed)
	}
}

func TestReuseRenewsBehindWhatNeedsNoPerson(t *testing.T) {
	const device = "123456789"
	tests := map[string]struct {
		profile    helper.Profile
		unattended func(*helper.Profile) bool
		want       int
	}{
		"a person has the device": {helper.Profile{MFASerial: device}, nil, 0},
		"a process has":           {helper.Profile{MFASerial: device, MFAProcess: []string{"/bin/code"}}, nil, 1},
		"a YubiKey wants a touch": {helper.Profile{MFASerial: device, MFAYubiKey: "me"}, nil, 0},
		"nothing is kept of it":   {helper.Profile{MFASerial: device}, func(*helper.Profile) bool { return false }, 0},
		"its seed is kept":        {helper.Profile{MFASerial: device}, func(p *helper.Profile) bool { return p.MFASerial == device }, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture()
			f.reuse.Unattended = tt.unattended
			for _, after := range []time.Duration{0, 42 * time.Minute} {
				f.now = start.Add(after)
				if _, err := f.reuse.Session(t.Context(), &tt.profile); err != nil {
					t.Fatal(err)
				}
			}
			if f.renewed != tt.want {
				t.Errorf("%d renewals were started, want %d", f.renewed, tt.want)
			}
		})
	}
}

func TestReuseMintsWhatIsDue(t *testing.T) {
	f := newFixture()
	f.ask(t, "ASIA1")
	f.now = f.now.Add(46 * time.Minute)
	f.ask(t, "ASIA2")
}

func TestReuseServesADueSessionWhenMintingFails(t *testing.T) {
	f := newFixture()
	f.ask(t, "ASIA1")
	f.now = f.now.Add(50 * time.Minute)
	f.minter.err = errors.New("AWS is down")
	f.ask(t, "ASIA1")
	if len(f.warnings) != 1 || !strings.Contains(f.warnings[0], "ends in 10m0s: AWS is down") {
		t.Errorf("warnings %q", f.warnings)
	}
	f.now = f.now.Add(11 * time.Minute) // now it is over
	if s, err := f.reuse.Session(t.Context(), profile); !errors.Is(err, f.minter.err) || s.AccessKeyID != "" {
		t.Errorf("Session() = %s, %v; want the minter's error", s.AccessKeyID, err)
	}
}

func TestReuseSharesAFailure(t *testing.T) {
	f := newFixture()
	f.minter.err = errors.New("declined")
	if _, err := f.reuse.Session(t.Context(), profile); err == nil {
		t.Fatal("no error")
	}
	if len(f.store.shared) != 1 || !errors.Is(f.store.shared[0], f.minter.err) {
		t.Errorf("shared %v", f.store.shared)
	}
}

func TestReuseDoesNotMintAfterASharedFailure(t *testing.T) {
	f := newFixture()
	f.store.acErr = fmt.Errorf("%w: declined", helper.ErrShared)
	if _, err := f.reuse.Session(t.Context(), profile); !errors.Is(err, helper.ErrShared) || f.minter.calls != 0 {
		t.Errorf("error %v after %d calls, want the shared failure and none", err, f.minter.calls)
	}
}

func TestReuseTakesWhatAnotherMinted(t *testing.T) {
	f := newFixture()
	f.store.onAcquire = func() {
		f.store.kept[profile.Key()] = helper.Session{AccessKeyID: "ASIAother", Issued: f.now, Expires: f.now.Add(time.Hour)}
	}
	f.ask(t, "ASIAother")
	if f.minter.calls != 0 {
		t.Errorf("%d calls", f.minter.calls)
	}
}

// A fault in the store costs a warning, never a session.
func TestReuseGoesOnWithoutTheStore(t *testing.T) {
	broken := errors.New("no space left")
	for name, breakIt := range map[string]func(*store){
		"get":     func(s *store) { s.getErr = broken },
		"corrupt": func(s *store) { s.getErr = fmt.Errorf("%w: %w", helper.ErrMiss, broken) },
		"put":     func(s *store) { s.putErr = broken },
		"lock":    func(s *store) { s.acErr = broken },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture()
			breakIt(f.store)
			f.ask(t, "ASIA1")
			if len(f.warnings) != 1 || !strings.Contains(f.warnings[0], "no space left") {
				t.Errorf("warnings %q, want the one fault", f.warnings)
			}
		})
	}
}

func TestReuseSaysNothingTwiceWhenAllFails(t *testing.T) {
	f := newFixture()
	locked := errors.New("the keychain is locked")
	f.store.getErr, f.minter.err = locked, locked
	if _, err := f.reuse.Session(t.Context(), profile); !errors.Is(err, locked) {
		t.Fatalf("error %v", err)
	}
	if len(f.warnings) != 0 {
		t.Errorf("warnings %q beside the error", f.warnings)
	}
}

// What works once is not spent by two: a caller without a turn gives up instead.
func TestReuseNeedsATurnForWhatWorksOnce(t *testing.T) {
	for _, kind := range []helper.Kind{helper.SSOSignIn, helper.Login} {
		f := newFixture()
		f.store.acErr = errors.New("still locked")
		_, err := f.reuse.Session(t.Context(), &helper.Profile{Name: "corp", Kind: kind})
		if !errors.Is(err, helper.ErrBusy) || f.minter.calls != 0 {
			t.Errorf("%s: error %v after %d calls, want ErrBusy and none", kind, err, f.minter.calls)
		}
	}
}

// A sign-in's session is a token without a key, and is kept like any other.
func TestReuseKeepsATokenWithoutAKey(t *testing.T) {
	token := helper.Session{SessionToken: "t", Expires: start.Add(time.Hour)}
	if !token.ValidAt(start) || token.ValidAt(token.Expires) {
		t.Error("a bearer token is valid until it ends")
	}
}

// What has no end (another program may hand out a long-lived key) is served and not kept.
func TestReuseDoesNotKeepWhatDoesNotEnd(t *testing.T) {
	f := newFixture()
	f.reuse.Next = endless{}
	if s, err := f.reuse.Session(t.Context(), profile); err != nil || s.AccessKeyID != "AKIA" {
		t.Fatalf("Session() = %v, %v", s, err)
	}
	if len(f.store.kept) != 0 || len(f.warnings) != 0 {
		t.Errorf("%d sessions are kept, warnings %q", len(f.store.kept), f.warnings)
	}
}

type endless struct{}

func (endless) Session(context.Context, *helper.Profile) (helper.Session, error) {
	return helper.Session{AccessKeyID: "AKIA", SecretAccessKey: "s"}, nil
}

// A session that AWS takes no longer is dropped and replaced, by one of those who were refused it.
func TestReuseInstead(t *testing.T) {
	f := newFixture()
	f.ask(t, "ASIA1")
	f.minter.token = "second"
	refused := helper.Session{SessionToken: "first"}
	for range 3 {
		s, err := f.reuse.Instead(t.Context(), profile, refused)
		if err != nil || s.AccessKeyID != "ASIA2" {
			t.Fatalf("Instead() = %s, %v; want ASIA2", s.AccessKeyID, err)
		}
	}
	if f.minter.calls != 2 || f.store.drops != 1 || f.store.turns != 0 {
		t.Errorf("%d calls, %d drops, %d turns not ended", f.minter.calls, f.store.drops, f.store.turns)
	}
	f.ask(t, "ASIA2")
}

// What AWS takes no longer is not served because nothing better is to be had, nor found again by the next caller.
func TestReuseInsteadOfNothing(t *testing.T) {
	f := newFixture()
	f.ask(t, "ASIA1")
	f.minter.err = errors.New("a person must sign in")
	s, err := f.reuse.Instead(t.Context(), profile, helper.Session{SessionToken: "first"})
	if !errors.Is(err, f.minter.err) || s.SessionToken != "" {
		t.Errorf("Instead() = %s, %v; want the minter's error", s.AccessKeyID, err)
	}
	if _, err := f.reuse.Session(t.Context(), profile); !errors.Is(err, f.minter.err) {
		t.Errorf("afterwards: error %v", err)
	}
}

func TestReuseSinceMintsBeforeItIsDue(t *testing.T) {
	f := newFixture()
	f.ask(t, "ASIA1")
	f.now = f.now.Add(42 * time.Minute)
	f.reuse.Since = f.now.Add(-time.Second)
	f.ask(t, "ASIA2")
	f.ask(t, "ASIA2") // another renewal has just been made
}

func TestReuseKeepsNothingThatWasGiven(t *testing.T) {
	f := newFixture()
	for _, kind := range []helper.Kind{helper.Given, helper.RawKey} {
		if _, err := f.reuse.Session(t.Context(), &helper.Profile{Kind: kind}); err != nil {
			t.Fatal(err)
		}
	}
	if len(f.store.kept) != 0 {
		t.Errorf("%d sessions are kept", len(f.store.kept))
	}
}

func TestDue(t *testing.T) {
	tests := []struct {
		life, left time.Duration
		want       bool
	}{
		{12 * time.Hour, 15 * time.Minute, false},
		{12 * time.Hour, 14 * time.Minute, true},
		{15 * time.Minute, 6 * time.Minute, false},
		{15 * time.Minute, 4 * time.Minute, true},
		{20 * time.Minute, 6 * time.Minute, false},
	}
	for _, tt := range tests {
		s := helper.Session{Issued: start, Expires: start.Add(tt.life)}
		if got := helper.Due(s, s.Expires.Add(-tt.left)); got != tt.want {
			t.Errorf("Due with %s of %s left = %v, want %v", tt.left, tt.life, got, tt.want)
		}
	}
}

// Every input of every link decides the key; the profile's name and where a setting stood do not.
func TestKey(t *testing.T) {
	base := func() *helper.Profile {
		return &helper.Profile{
			Name: "prod", Kind: helper.Role, RoleARN: "arn:aws:iam::222222222222:role/A", Duration: time.Hour,
			RoleSessionName: "me", Client: helper.Client{Region: "eu-west-1"},
			Source: &helper.Profile{Name: "me", Kind: helper.UserKey, KeyRef: helper.KeyRef{ID: "AKIA1"}, Duration: 12 * time.Hour},
		}
	}
	want := base().Key()
	same := map[string]func(*helper.Profile){
		"name":      func(p *helper.Profile) { p.Name = "other" },
		"settings":  func(p *helper.Profile) { p.Settings = []helper.Setting{{Name: "x"}} },
		"ca bundle": func(p *helper.Profile) { p.Client.CABundle = "/ca.pem" },
	}
	for name, change := range same {
		p := base()
		change(p)
		if p.Key() != want {
			t.Errorf("%s: another key", name)
		}
	}
	command := func(parents string) helper.Key {
		p := base()
		p.Inputs = &helper.ProcessCommand{Command: []string{"a"}, Parents: parents}
		return p.Key()
	}
	if command("") != command("x") {
		t.Error("who waits for a program decides its session")
	}
	seen := map[helper.Key]string{want: "nothing"}
	for name, change := range map[string]func(*helper.Profile){
		"kind":         func(p *helper.Profile) { p.Kind = helper.UserKey },
		"role":         func(p *helper.Profile) { p.RoleARN += "B" },
		"external id":  func(p *helper.Profile) { p.ExternalID = "x" },
		"session name": func(p *helper.Profile) { p.RoleSessionName = "you" },
		"moved byte":   func(p *helper.Profile) { p.ExternalID, p.RoleSessionName = "m", "e" },
		"duration":     func(p *helper.Profile) { p.Duration++ },
		"mfa":          func(p *helper.Profile) { p.MFASerial = "123456789" },
		"direct":       func(p *helper.Profile) { p.Direct = true },
		"region":       func(p *helper.Profile) { p.Client.Region = "eu-west-2" },
		"endpoint":     func(p *helper.Profile) { p.Client.Endpoint = "https://a.example" },
		"fips":         func(p *helper.Profile) { p.Client.FIPS = true },
		"dual-stack":   func(p *helper.Profile) { p.Client.DualStack = true },
		"global":       func(p *helper.Profile) { p.Client.GlobalEndpoint = true },
		"source's key": func(p *helper.Profile) { p.Source.KeyRef.ID = "AKIA2" },
		"source's mfa": func(p *helper.Profile) { p.Source.MFASerial = "123456789" },
		"no source":    func(p *helper.Profile) { p.Source = nil },

		"policy":              func(p *helper.Profile) { p.Scope.Policy = "{}" },
		"policy ARN":          func(p *helper.Profile) { p.Scope.PolicyARNs = []string{"a"} },
		"two policy ARNs":     func(p *helper.Profile) { p.Scope.PolicyARNs = []string{"a", "b"} },
		"transitive tag":      func(p *helper.Profile) { p.Scope.TransitiveTags = []string{"a"} },
		"tag":                 func(p *helper.Profile) { p.Scope.Tags = []helper.Tag{{Key: "a", Value: "b"}} },
		"tag's value":         func(p *helper.Profile) { p.Scope.Tags = []helper.Tag{{Key: "a", Value: "c"}} },
		"source identity":     func(p *helper.Profile) { p.Scope.SourceIdentity = "a" },
		"assignment":          func(p *helper.Profile) { p.Inputs = &helper.SSOAssignment{AccountID: "1", RoleName: "R"} },
		"assigned role":       func(p *helper.Profile) { p.Inputs = &helper.SSOAssignment{AccountID: "1", RoleName: "S"} },
		"sign-in":             func(p *helper.Profile) { p.Inputs = &helper.SSOSession{StartURL: "a", Scopes: []string{"b"}} },
		"sign-in's scope":     func(p *helper.Profile) { p.Inputs = &helper.SSOSession{StartURL: "a", Scopes: []string{"c"}} },
		"token":               func(p *helper.Profile) { p.Inputs = &helper.WebIdentityToken{File: "/a"} },
		"token's file":        func(p *helper.Profile) { p.Inputs = &helper.WebIdentityToken{File: "/b"} },
		"token process":       func(p *helper.Profile) { p.Inputs = &helper.WebIdentityToken{Command: []string{"/a"}} },
		"SAML page":           func(p *helper.Profile) { p.Inputs = &helper.SAMLSignIn{URL: "a"} },
		"SAML's address":      func(p *helper.Profile) { p.Inputs = &helper.SAMLSignIn{URL: "a", ACS: "b"} },
		"SAML's provider":     func(p *helper.Profile) { p.Inputs = &helper.SAMLSignIn{URL: "a", ProviderARN: "b"} },
		"SAML process":        func(p *helper.Profile) { p.Inputs = &helper.SAMLSignIn{Command: []string{"a"}} },
		"command":             func(p *helper.Profile) { p.Inputs = &helper.ProcessCommand{Command: []string{"a", "b"}} },
		"login":               func(p *helper.Profile) { p.Inputs = &helper.LoginSession{ARN: "a"} },
		"another's login":     func(p *helper.Profile) { p.Inputs = &helper.LoginSession{ARN: "b"} },
		"certificate":         func(p *helper.Profile) { p.Inputs = &helper.Certificate{File: "/a", Fingerprint: "b"} },
		"another certificate": func(p *helper.Profile) { p.Inputs = &helper.Certificate{File: "/a", Fingerprint: "c"} },
		"container's token":   func(p *helper.Profile) { p.Inputs = &helper.ContainerToken{File: "/a"} },
		"command's word":      func(p *helper.Profile) { p.Inputs = &helper.ProcessCommand{Command: []string{"a b"}} },
	} {
		p := base()
		change(p)
		if other, ok := seen[p.Key()]; ok {
			t.Errorf("%s has the key of %s", name, other)
		}
		seen[p.Key()] = name
	}
}

// A sign-in's refresh token is one, by whichever host of the service it came: that of the region's for an Identity Center,
// of all for the console. A role's session is not asked for in the same place.
func TestKeyOfSignIn(t *testing.T) {
	of := func(kind helper.Kind, client helper.Client) helper.Key {
		return (&helper.Profile{Kind: kind, Client: client}).Key()
	}
	for _, client := range []helper.Client{{FIPS: true}, {DualStack: true}, {GlobalEndpoint: true}, {Region: "eu-west-1"}} {
		if same := of(helper.SSOSignIn, client) == of(helper.SSOSignIn, helper.Client{}); same != (client.Region == "") {
			t.Errorf("%+v makes the same sign-in to an Identity Center: %v", client, same)
		}
		if of(helper.Login, client) != of(helper.Login, helper.Client{}) {
			t.Errorf("%+v makes another sign-in to the console", client)
		}
		if of(helper.SSORole, client) == of(helper.SSORole, helper.Client{}) {
			t.Errorf("%+v makes the same role's session", client)
		}
	}
	for _, kind := range []helper.Kind{helper.SSOSignIn, helper.Login} {
		if of(kind, helper.Client{Endpoint: "https://a.example"}) == of(kind, helper.Client{}) {
			t.Errorf("%s: another endpoint makes the same sign-in", kind)
		}
	}
}

// Who can sign in to the console has one of four kinds of ARN.
func TestIsConsoleIdentity(t *testing.T) {
	for arn, want := range map[string]bool{
		"arn:aws:iam::111111111111:user/alice":                           true,
		"arn:aws:iam::111111111111:user/team/alice":                      true,
		"arn:aws-cn:iam::111111111111:root":                              true,
		"arn:aws:sts::111111111111:assumed-role/Admin/alice@example.com": true,
		"arn:aws:sts::111111111111:federated-user/alice":                 true,
		"alice":                                        false,
		"arn:aws:iam::111111111111:role/Admin":         false,
		"arn:aws:iam::111111111111:user/":              false,
		"arn:aws:iam::111111111111:root/x":             false,
		"arn:aws:iam::1111:user/alice":                 false,
		"arn:aws:iam::11111111111x:user/alice":         false,
		"arn:aws:iam:eu-west-1:111111111111:root":      false,
		"arn::iam::111111111111:root":                  false,
		"arn:aws:sts::111111111111:assumed-role/A":     false,
		"arn:aws:sts::111111111111:assumed-role/A/":    false,
		"arn:aws:sts::111111111111:assumed-role/A/b/c": false,
		"arn:aws:iam::111111111111:user/a b":           false,
	} {
		if helper.IsConsoleIdentity(arn) != want {
			t.Errorf("IsConsoleIdentity(%q) = %v", arn, !want)
		}
	}
}

// A sign-in with an [sso-session] has a refresh token; one without asks a person each time.
func TestAttendedSignIn(t *testing.T) {
	for name, want := range map[string]bool{"corp": false, "": true} {
		p := &helper.Profile{Kind: helper.SSOSignIn, Inputs: &helper.SSOSession{Name: name}}
		if p.Attended() != want {
			t.Errorf("Attended() with the name %q = %v", name, !want)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	const secret = "wJalrXUtnFEMI"
	values := []any{
		helper.Session{AccessKeyID: "ASIA1234", SecretAccessKey: secret, SessionToken: secret},
		&helper.Session{AccessKeyID: "ASIA1234", SecretAccessKey: secret, SessionToken: secret},
		helper.AccessKey{ID: "AKIA1234", Secret: secret},
		struct{ K helper.AccessKey }{helper.AccessKey{ID: "AKIA1234", Secret: secret}},
		map[string]helper.Session{"a": {SessionToken: secret}},
	}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if out := fmt.Sprintf(verb, v); strings.Contains(out, secret) || strings.Contains(out, "774a616c") {
				t.Errorf("%s of %T prints %s", verb, v, out)
			}
		}
	}
}

// While there is a session to be served nobody waits for long, unless a person is asked: for a code, say, of any link.
func TestReusePatience(t *testing.T) {
	role := helper.Profile{Name: "role", Kind: helper.Role, Source: &helper.Profile{Name: "me", Kind: helper.UserKey}}
	asked := role
	asked.Source = &helper.Profile{Name: "me", Kind: helper.UserKey, MFASerial: "123456789"}
	for name, tt := range map[string]struct {
		p     *helper.Profile
		age   time.Duration // of the kept session, of an hour
		waits time.Duration
		err   bool
	}{
		"due":                        {&role, 50 * time.Minute, helper.Patience, false},
		"over":                       {&role, 61 * time.Minute, time.Minute, true},
		"due, and a person is asked": {&asked, 50 * time.Minute, time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture()
				began := time.Now()
				f.reuse.Now = time.Now
				f.reuse.Next = silent{}
				f.store.kept[tt.p.Key()] = helper.Session{
					AccessKeyID: "ASIA", SecretAccessKey: "s", SessionToken: "t",
					Issued: began.Add(-tt.age), Expires: began.Add(time.Hour - tt.age),
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				s, err := f.reuse.Session(ctx, tt.p)
				if waited := time.Since(began); waited != tt.waits || (err != nil) != tt.err || err == nil && s.AccessKeyID != "ASIA" {
					t.Errorf("after %s: %v, %v; want after %s", waited, s, err, tt.waits)
				}
				if tt.waits == helper.Patience && (len(f.warnings) != 1 || !strings.Contains(f.warnings[0], "no new session in five seconds")) {
					t.Errorf("warnings %q", f.warnings)
				}
			})
		})
	}
}

// silent never answers.
type silent struct{}

func (silent) Session(ctx context.Context, _ *helper.Profile) (helper.Session, error) {
	<-ctx.Done()
	return helper.Session{}, ctx.Err()
}
