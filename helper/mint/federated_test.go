//go:build unix

package mint_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint"
	"credmint/helper/mint/awstest"
	"credmint/helper/prompt"
)

const (
	deploy = "arn:aws:iam::222222222222:role/Deploy"
	audit  = "arn:aws:iam::222222222222:role/Audit"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "proof")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// webWorld is an AWS that takes an issuer's tokens.
func webWorld(t *testing.T) (*awstest.AWS, *awstest.Issuer, *helper.Profile) {
	t.Helper()
	aws, issuer := awstest.New(), awstest.NewIssuer()
	t.Cleanup(aws.Close)
	t.Cleanup(issuer.Close)
	provider := aws.AddOIDCProvider("222222222222", issuer, "sts.amazonaws.com")
	aws.AddRole(deploy, awstest.Trust{Federated: provider, Subject: "app", MaxDuration: 2 * time.Hour})
	return aws, issuer, &helper.Profile{
		Name: "ci", Kind: helper.WebIdentity, Client: helper.Client{Region: "eu-west-1", Endpoint: aws.Start()},
		RoleARN: deploy, RoleSessionName: "credmint", Duration: time.Hour,
		Scope:    helper.Scope{Policy: `{"Statement":[]}`, PolicyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}},
		Settings: []helper.Setting{{Name: "credmint_web_identity_token_file", File: "/config", Line: 3}},
	}
}

func TestWebIdentity(t *testing.T) {
	aws, issuer, p := webWorld(t)
	file := write(t, issuer.Sign(awstest.Token{Subject: "app", Audience: "sts.amazonaws.com"})+"\n")
	for name, in := range map[string]*helper.WebIdentityToken{"file": {File: file}, "process": {Command: []string{"cat", file}}} {
		p.Inputs = in
		s, err := (&mint.WebIdentity{Stderr: io.Discard, Now: time.Now, Network: &mint.Network{}}).Session(t.Context(), p)
		if err != nil || s.AccountID != "222222222222" || s.Expires.Sub(s.Issued) < 59*time.Minute {
			t.Errorf("%s: %v of %q until %s, %v", name, s, s.AccountID, s.Expires, err)
			continue
		}
		g, _ := aws.Grant(s.AccessKeyID)
		if g.ARN != "arn:aws:sts::222222222222:assumed-role/Deploy/credmint" || g.Policy != p.Scope.Policy || len(g.PolicyARNs) != 1 {
			t.Errorf("%s: %+v", name, g)
		}
	}
	for _, c := range aws.Log() {
		if c.AccessKeyID != "" {
			t.Errorf("%s was signed", c.Action)
		}
	}
}

func TestWebIdentityErrors(t *testing.T) {
	_, issuer, p := webWorld(t)
	stranger := awstest.NewIssuer()
	defer stranger.Close()
	sign := func(c awstest.Token) string { return issuer.Sign(c) }
	missing := filepath.Join(t.TempDir(), "missing")
	tests := map[string]struct {
		in         helper.WebIdentityToken
		want, hint string
	}{
		"no file":       {helper.WebIdentityToken{File: missing}, "/config:3: credmint_web_identity_token_file: read the web identity token: ", ""},
		"directory":     {helper.WebIdentityToken{File: t.TempDir()}, "read the web identity token", ""},
		"long":          {helper.WebIdentityToken{File: write(t, strings.Repeat("x", 20_003))}, "read the web identity token", ""},
		"a bit long":    {helper.WebIdentityToken{File: write(t, strings.Repeat("x", 20_001))}, "20001 characters", ""},
		"empty":         {helper.WebIdentityToken{File: write(t, " \n")}, "holds no token: 0 characters", ""},
		"two lines":     {helper.WebIdentityToken{File: write(t, "abcd\nefgh")}, "without spaces", ""},
		"no program":    {helper.WebIdentityToken{Command: []string{"no-such-program"}}, "no-such-program is not on PATH", ""},
		"fails":         {helper.WebIdentityToken{Command: []string{"cat", missing}}, "cat: exit status 1", ""},
		"prints much":   {helper.WebIdentityToken{Command: []string{"cat", write(t, strings.Repeat("x", 30_000))}}, "prints too much", ""},
		"expired":       {helper.WebIdentityToken{File: write(t, sign(awstest.Token{Subject: "app", Audience: "sts.amazonaws.com", Issued: time.Now().Add(-time.Hour)}))}, "ExpiredTokenException", "whoever writes it must renew it"},
		"other issuer":  {helper.WebIdentityToken{File: write(t, stranger.Sign(awstest.Token{Subject: "app", Audience: "x"}))}, "InvalidIdentityToken", fmt.Sprintf("account 222222222222 needs an OpenID Connect provider in IAM for the token's issuer; the token's iss is %q", stranger.URL)},
		"wrong aud":     {helper.WebIdentityToken{File: write(t, sign(awstest.Token{Subject: "app", Audience: "x"}))}, "InvalidIdentityToken", `list the token's audience; the token's iss is`},
		"wrong sub":     {helper.WebIdentityToken{File: write(t, sign(awstest.Token{Subject: "other", Audience: "sts.amazonaws.com"}))}, "AccessDenied", `its aud "sts.amazonaws.com", its sub "other"`},
		"access token":  {helper.WebIdentityToken{File: write(t, "opaque-access-token")}, "InvalidIdentityToken", "must hold an ID token of the provider: a JWT, and no access token"},
		"process's own": {helper.WebIdentityToken{Command: []string{"echo", "opaque-access-token"}}, "InvalidIdentityToken", "`echo` must hold an ID token"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			q := *p
			q.Inputs = &tt.in
			s, err := (&mint.WebIdentity{Stderr: io.Discard, Now: time.Now, Network: &mint.Network{}}).Session(t.Context(), &q)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), `profile "ci": `) || s != (helper.Session{}) {
				t.Errorf("%v, error %v, want %q", s, err, tt.want)
			}
			var refused *mint.Error
			if errors.As(err, &refused) && !strings.Contains(refused.Hint(), tt.hint) || tt.hint != "" && refused == nil {
				t.Errorf("hint %q, want %q", refused.Hint(), tt.hint)
			}
		})
	}
}

// AWS says that an identity provider which it cannot reach may be there a moment later.
func TestIdentityProviderAway(t *testing.T) {
	aws, issuer, p := webWorld(t)
	p.Inputs = &helper.WebIdentityToken{File: write(t, issuer.Sign(awstest.Token{Subject: "app", Audience: "sts.amazonaws.com"}))}
	aws.SetFault("", awstest.Fault{Code: "IDPCommunicationError", Status: 400, Times: 1})
	if _, err := (&mint.WebIdentity{Now: time.Now, Network: &mint.Network{}}).Session(t.Context(), p); err != nil {
		t.Error(err)
	}
	if n := len(aws.Log()); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

// Credentials for somebody else than was asked for are nobody's.
func TestAnotherAccount(t *testing.T) {
	aws, issuer, p := webWorld(t)
	alice := aws.AddUser("111111111111", "alice")
	aws.AddRole(audit, awstest.Trust{Principals: []string{alice.ARN}})
	p.Inputs = &helper.WebIdentityToken{File: write(t, issuer.Sign(awstest.Token{Subject: "app", Audience: "sts.amazonaws.com"}))}
	role := *p
	role.Kind, role.Inputs, role.RoleARN, role.Direct = helper.Role, nil, audit, true
	role.Source = &helper.Profile{Name: "me", Kind: helper.UserKey}
	w := newSAMLWorld(t, "")
	w.p.Inputs = &helper.SAMLSignIn{Command: []string{"cat", write(t, w.sign())}}
	fault := awstest.Fault{Account: "999999999999"}
	aws.SetFault("", fault)
	w.aws.SetFault("", fault)
	keys := func(context.Context, *helper.Profile) (helper.AccessKey, error) {
		return helper.AccessKey{ID: alice.AccessKeyID, Secret: alice.Secret}, nil
	}
	for p, source := range map[*helper.Profile]helper.Source{
		p:     &mint.WebIdentity{Now: time.Now, Network: &mint.Network{}},
		&role: &mint.AssumeRole{Keys: keys, Now: time.Now, Network: &mint.Network{}},
		w.p:   w.source(nil),
	} {
		s, err := source.Session(t.Context(), p)
		if err == nil || !strings.Contains(err.Error(), "AWS answered for arn:aws:sts::999999999999:assumed-role/") || s != (helper.Session{}) {
			t.Errorf("%s: %v, error %v", p.Kind, s, err)
		}
	}
}

// samlWorld is an AWS that takes an identity provider's assertions.
type samlWorld struct {
	aws      *awstest.AWS
	idp      *awstest.IdentityProvider
	provider string
	p        *helper.Profile
	warnings []string
}

func newSAMLWorld(t *testing.T, audience string) *samlWorld {
	t.Helper()
	w := &samlWorld{aws: awstest.New(), idp: awstest.NewIdentityProvider("https://idp.example/")}
	t.Cleanup(w.aws.Close)
	w.provider = w.aws.AddSAMLProvider("222222222222", "Corp", w.idp)
	for _, role := range []string{deploy, audit} {
		w.aws.AddRole(role, awstest.Trust{Federated: w.provider, Audience: audience})
	}
	w.p = &helper.Profile{
		Name: "corp", Kind: helper.SAML, Client: helper.Client{Region: "eu-west-1", Endpoint: w.aws.Start()},
		RoleARN: deploy, Duration: time.Hour, Scope: helper.Scope{PolicyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}},
		Settings: []helper.Setting{{Name: "credmint_saml_process", File: "/config", Line: 3}, {Name: "credmint_saml_url", File: "/config", Line: 4}},
	}
	return w
}

func (w *samlWorld) source(person mint.Person) *mint.SAML {
	return &mint.SAML{
		Person: person, For: "prod", Stderr: io.Discard, Now: time.Now, Network: &mint.Network{},
		Warn: func(err error) { w.warnings = append(w.warnings, err.Error()) },
	}
}

// sign is a response in the base64 form.
func (w *samlWorld) sign(edit ...func(*awstest.Assertion)) string {
	a := awstest.Assertion{Subject: "alice@example.com", Roles: []string{deploy + "," + w.provider, audit + "," + w.provider}}
	for _, f := range edit {
		f(&a)
	}
	return w.idp.Sign(a)
}

func TestSAMLProcess(t *testing.T) {
	w := newSAMLWorld(t, "https://signin.aws.amazon.com/saml")
	w.p.Inputs = &helper.SAMLSignIn{Command: []string{"cat", write(t, w.sign()+"\n")}}
	s, err := w.source(nil).Session(t.Context(), w.p)
	if err != nil || s.AccountID != "222222222222" {
		t.Fatalf("%v of %q, %v", s, s.AccountID, err)
	}
	if g, _ := w.aws.Grant(s.AccessKeyID); g.ARN != "arn:aws:sts::222222222222:assumed-role/Deploy/alice@example.com" || len(g.PolicyARNs) != 1 {
		t.Errorf("%+v", g)
	}
	if calls := w.aws.Log(); len(calls) != 1 || calls[0].AccessKeyID != "" {
		t.Errorf("%+v", calls)
	}
}

func TestSAMLErrors(t *testing.T) {
	w := newSAMLWorld(t, "https://signin.aws.amazon.com/saml")
	other := w.aws.AddSAMLProvider("222222222222", "Other", w.idp)
	tests := map[string]struct {
		text       string
		edit       func(*helper.Profile)
		want, hint string
	}{
		"nothing":         {" ", nil, "/config:3: credmint_saml_process: there is no SAML response", ""},
		"a web page":      {"<html>sign in</html>", nil, "not base64", ""},
		"much":            {strings.Repeat("A", 200_000), nil, "prints too much", ""},
		"other audience":  {w.sign(func(a *awstest.Assertion) { a.Audience = "https://other.example" }), nil, "not for AWS", ""},
		"other role":      {w.sign(), func(p *helper.Profile) { p.RoleARN = deploy + "2" }, "does not offer " + deploy + "2; it offers " + deploy + " (" + w.provider + "), " + audit, ""},
		"two providers":   {w.sign(func(a *awstest.Assertion) { a.Roles = append(a.Roles, other+","+deploy) }), nil, "set credmint_saml_provider_arn", ""},
		"expired":         {w.sign(func(a *awstest.Assertion) { a.Issued = time.Now().Add(-time.Hour) }), nil, "ExpiredTokenException", "for five minutes"},
		"other key":       {awstest.NewIdentityProvider(w.idp.EntityID).Sign(awstest.Assertion{Subject: "a", Roles: []string{deploy + "," + w.provider}}), nil, "InvalidIdentityToken", "give IAM the identity provider's metadata again"},
		"other recipient": {w.sign(func(a *awstest.Assertion) { a.Recipient = "http://127.0.0.1:7890/saml" }), nil, "AccessDenied", `its recipient (SAML:aud) "http://127.0.0.1:7890/saml"`},
		"no provider":     {w.sign(func(a *awstest.Assertion) { a.Roles = []string{deploy + "," + w.provider + "2"} }), nil, "InvalidIdentityToken", "a provider that IAM does not have"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := *w.p
			p.Inputs = &helper.SAMLSignIn{Command: []string{"cat", write(t, tt.text)}}
			if tt.edit != nil {
				tt.edit(&p)
			}
			s, err := w.source(nil).Session(t.Context(), &p)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), `profile "corp": `) || s != (helper.Session{}) {
				t.Errorf("%v, error %v, want %q", s, err, tt.want)
			}
			var refused *mint.Error
			if errors.As(err, &refused) && !strings.Contains(refused.Hint(), tt.hint) || tt.hint != "" && refused == nil {
				t.Errorf("hint %q, want %q", refused.Hint(), tt.hint)
			}
		})
	}
}

// A role that several providers vouch for needs one more line.
func TestSAMLProviderChoice(t *testing.T) {
	w := newSAMLWorld(t, "")
	other := w.aws.AddSAMLProvider("222222222222", "Other", awstest.NewIdentityProvider("https://other.example/"))
	file := write(t, w.sign(func(a *awstest.Assertion) { a.Roles = append([]string{other + "," + deploy}, a.Roles...) }))
	w.p.Inputs = &helper.SAMLSignIn{Command: []string{"cat", file}, ProviderARN: w.provider}
	if _, err := w.source(nil).Session(t.Context(), w.p); err != nil {
		t.Error(err)
	}
	w.p.Inputs = &helper.SAMLSignIn{Command: []string{"cat", file}, ProviderARN: w.provider + "2"}
	if _, err := w.source(nil).Session(t.Context(), w.p); err == nil || !strings.Contains(err.Error(), "does not offer "+deploy+" "+w.provider+"2") {
		t.Errorf("error %v", err)
	}
}

// A profile that names no role is never somebody chosen in passing.
func TestSAMLRoleChoice(t *testing.T) {
	w := newSAMLWorld(t, "")
	w.p.RoleARN = ""
	one := write(t, w.sign(func(a *awstest.Assertion) { a.Roles = a.Roles[1:] }))
	w.p.Inputs = &helper.SAMLSignIn{Command: []string{"cat", one}}
	s, err := w.source(nil).Session(t.Context(), w.p)
	if g, _ := w.aws.Grant(s.AccessKeyID); err != nil || g.Principal != audit {
		t.Errorf("%v for %s, %v", s, g.Principal, err)
	}
	w.p.Inputs = &helper.SAMLSignIn{Command: []string{"cat", write(t, w.sign())}}
	_, err = w.source(nil).Session(t.Context(), w.p)
	var offered *mint.RolesOffered
	if !errors.As(err, &offered) || len(offered.Roles) != 2 || !strings.Contains(err.Error(), deploy) || !strings.Contains(err.Error(), audit) ||
		!strings.Contains(offered.Hint(), "credmint_role_arn = "+deploy) {
		t.Fatalf("error %v", err)
	}
	// The settings name one now; the sign-in is used, and not another.
	w.p.RoleARN, w.p.Inputs = audit, &helper.SAMLSignIn{Command: []string{"false"}}
	m := w.source(nil)
	m.Offered = offered
	s, err = m.Session(t.Context(), w.p)
	if g, _ := w.aws.Grant(s.AccessKeyID); err != nil || g.Principal != audit {
		t.Errorf("%v for %s, %v", s, g.Principal, err)
	}
}

// person has a browser that does what the test says, and an answer.
type person struct {
	visit  func(address string)
	answer string
	remote bool
	why    string
	asked  []string
}

func (p *person) Visit(_ context.Context, why, address, _ string) {
	p.why = why
	go p.visit(address)
}

func (p *person) Ask(_ context.Context, text string) (string, error) {
	p.asked = append(p.asked, text)
	if p.answer == "" {
		return "", prompt.ErrNobody
	}
	return p.answer, nil
}

func (p *person) Paste(context.Context, string, func(url.Values) error) (url.Values, error) {
	return nil, errors.New("nothing is to be pasted")
}

func (p *person) Remote() bool { return p.remote }

// post is what the page's form does in a browser.
func post(t *testing.T, address, state, response string) {
	form := url.Values{"SAMLResponse": {response}}
	if state != "" {
		form.Set("RelayState", state)
	}
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Error(err)
		return
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://idp.example")
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		t.Error(err)
		return
	}
	resp.Body.Close()
}

func relayState(t *testing.T, address string) string {
	u, err := url.Parse(address)
	if err != nil || len(u.Query().Get("RelayState")) != 43 {
		t.Errorf("address %s, %v", address, err)
		return ""
	}
	return u.Query().Get("RelayState")
}

func TestSAMLBrowser(t *testing.T) {
	address := acs(t)
	w := newSAMLWorld(t, address)
	w.p.Inputs = &helper.SAMLSignIn{URL: "https://idp.example/app?RelayState=" + helper.RelayState, ACS: address}
	mine := func(a *awstest.Assertion) { a.Recipient = address }
	evil := func(a *awstest.Assertion) { a.Recipient, a.Subject = address, "mallory@example.com" }
	someone := &person{visit: func(page string) {
		post(t, address, "", w.sign(evil)) // another page's, before ours
		post(t, address, strings.Repeat("A", 43), w.sign(evil))
		post(t, address, relayState(t, page), w.sign(mine))
	}}
	s, err := w.source(someone).Session(t.Context(), w.p)
	if err != nil {
		t.Fatal(err)
	}
	if g, _ := w.aws.Grant(s.AccessKeyID); g.ARN != "arn:aws:sts::222222222222:assumed-role/Deploy/alice@example.com" {
		t.Errorf("it is %s", g.ARN)
	}
	if someone.why != "sign in at idp.example for profile prod" || len(someone.asked) > 0 {
		t.Errorf("%q, asked %q", someone.why, someone.asked)
	}
}

// What our own page brings ends the wait, whatever it is.
func TestSAMLBrowserRefused(t *testing.T) {
	address := acs(t)
	w := newSAMLWorld(t, address)
	w.p.Inputs = &helper.SAMLSignIn{URL: "https://idp.example/app?RelayState=" + helper.RelayState, ACS: address}
	someone := &person{remote: true, visit: func(page string) {
		post(t, address, relayState(t, page), w.sign(func(a *awstest.Assertion) { a.Audience = "https://other.example" }))
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	_, err := w.source(someone).Session(ctx, w.p)
	if err == nil || !strings.Contains(err.Error(), `profile "corp": sign in: the assertion is not for AWS`) {
		t.Errorf("error %v", err)
	}
	if port := address[strings.LastIndex(address, ":")+1 : strings.LastIndex(address, "/")]; !strings.Contains(someone.why, "`ssh -L "+port+":127.0.0.1:"+port+"`") {
		t.Errorf("why %q", someone.why)
	}
}

// Where a page knows no state, a person says who they are.
func TestSAMLBrowserWithoutState(t *testing.T) {
	address := acs(t)
	w := newSAMLWorld(t, address)
	w.p.Inputs = &helper.SAMLSignIn{URL: "https://idp.example/app", ACS: address}
	for answer, want := range map[string]string{"yes": "", " YES ": "", "no": "you did not say that it is you", "": "/config:4: credmint_saml_url: with {relay_state} in the address nobody is asked"} {
		w.warnings = nil
		someone := &person{answer: answer, visit: func(string) {
			post(t, address, "", "nonsense")
			post(t, address, "", w.sign(func(a *awstest.Assertion) { a.Recipient = address }))
		}}
		s, err := w.source(someone).Session(t.Context(), w.p)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || s != (helper.Session{})) {
			t.Errorf("answer %q: %v, error %v, want %q", answer, s, err, want)
		}
		if len(someone.asked) != 1 || !strings.Contains(someone.asked[0], `"alice@example.com" at https://idp.example/, for role `+deploy) {
			t.Errorf("asked %q", someone.asked)
		}
		if len(w.warnings) != 1 || !strings.Contains(w.warnings[0], "not the XML") {
			t.Errorf("warnings %q", w.warnings)
		}
		if answer == "" && !errors.Is(err, prompt.ErrNobody) {
			t.Errorf("error %v is not ErrNobody", err)
		}
	}
	if n := w.aws.Calls("AssumeRoleWithSAML"); n != 2 {
		t.Errorf("AWS was asked %d times, want 2", n)
	}
}

func TestSAMLNobody(t *testing.T) {
	w := newSAMLWorld(t, "")
	w.p.Inputs = &helper.SAMLSignIn{URL: "https://idp.example/app", ACS: acs(t)}
	_, err := w.source(nil).Session(t.Context(), w.p)
	var needed *mint.SignInNeeded
	if !errors.As(err, &needed) || needed.Hint() != "run `credmint login corp`" || strings.Count(err.Error(), "corp") != 1 {
		t.Errorf("error %v", err)
	}
}

// Another program at the address would get the assertion, so nobody is sent to sign in.
func TestSAMLAddressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	w := newSAMLWorld(t, "")
	w.p.Inputs = &helper.SAMLSignIn{URL: "https://idp.example/app", ACS: "http://" + l.Addr().String() + "/saml"}
	someone := &person{visit: func(string) { t.Error("the page was shown") }}
	_, err = w.source(someone).Session(t.Context(), w.p)
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("error %v", err)
	}
}
