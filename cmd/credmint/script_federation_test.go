//go:build linux

package main

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"credmint/helper/mint/awstest"
)

type issuerKey struct{}

// issuer gives the script's AWS an OpenID provider, and roles for its tokens: $POD, and $NEXT for those of $POD.
func issuer(ts *testscript.TestScript, _ bool, _ []string) {
	aws, issuer := theAWS(ts), awstest.NewIssuer()
	ts.Defer(issuer.Close)
	*ts.Value(issuerKey{}).(**awstest.Issuer) = issuer
	pod := aws.AddRole("arn:aws:iam::222222222222:role/Pod", awstest.Trust{
		Federated: aws.AddOIDCProvider("222222222222", issuer, "sts.amazonaws.com"), Subject: "system:serviceaccount:shop:web",
	})
	next := aws.AddRole("arn:aws:iam::333333333333:role/Next", awstest.Trust{Principals: []string{pod.ARN}})
	ts.Setenv("POD", pod.ARN)
	ts.Setenv("NEXT", next.ARN)
}

// token writes a new token of the OpenID provider: `token FILE [sub=SUBJECT] [aud=AUDIENCE] [age=1h]`.
func token(ts *testscript.TestScript, _ bool, args []string) {
	c := awstest.Token{Subject: "system:serviceaccount:shop:web", Audience: "sts.amazonaws.com"}
	for _, arg := range args[1:] {
		switch name, value, _ := strings.Cut(arg, "="); name {
		case "sub":
			c.Subject = value
		case "aud":
			c.Audience = value
		case "age":
			age, err := time.ParseDuration(value)
			ts.Check(err)
			c.Issued = time.Now().Add(-age)
		default:
			ts.Fatalf("token: there is no %q", name)
		}
	}
	text := (*ts.Value(issuerKey{}).(**awstest.Issuer)).Sign(c)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text+"\n"), 0o600))
}

type idpKey struct{}

// identityProvider is a SAML identity provider with a sign-in page, where alice is signed in already.
type identityProvider struct {
	*awstest.IdentityProvider
	provider, acs string
	roles         []string
}

// idp gives the script's AWS a SAML provider with a sign-in page at $IDP, and roles: $CORP for assertions that are posted
// to AWS, $WEB and $AUDIT for those that are posted to $ACS, and $AFTER for $WEB's sessions.
func idp(ts *testscript.TestScript, _ bool, _ []string) {
	aws := theAWS(ts)
	p := &identityProvider{IdentityProvider: awstest.NewIdentityProvider("https://idp.example/")}
	*ts.Value(idpKey{}).(**identityProvider) = p
	p.provider = aws.AddSAMLProvider("222222222222", "Corp", p.IdentityProvider)
	p.acs = "http://127.0.0.1:" + freePort(ts) + "/saml"
	for name, recipient := range map[string]string{"CORP": "https://signin.aws.amazon.com/saml", "WEB": p.acs, "AUDIT": p.acs} {
		role := aws.AddRole("arn:aws:iam::222222222222:role/"+name, awstest.Trust{Federated: p.provider, Audience: recipient})
		ts.Setenv(name, role.ARN)
		p.roles = append(p.roles, role.ARN+","+p.provider)
	}
	after := aws.AddRole("arn:aws:iam::333333333333:role/After", awstest.Trust{Principals: []string{"arn:aws:iam::222222222222:role/WEB"}})
	ts.Setenv("AFTER", after.ARN)
	page := httptest.NewServer(p)
	ts.Defer(page.Close)
	ts.Setenv("IDP", page.URL)
	ts.Setenv("ACS", p.acs)
	ts.Setenv("PROVIDER", p.provider)
}

// ServeHTTP is the page that somebody who is signed in sees: a form that sends itself off.
func (p *identityProvider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	response := p.Sign(awstest.Assertion{Subject: "alice@example.com", Roles: p.roles, Recipient: p.acs})
	fmt.Fprintf(w, `<form method="post" action="%s"><input name="SAMLResponse" value="%s">`, p.acs, response)
	if state := r.FormValue("RelayState"); state != "" {
		fmt.Fprintf(w, `<input name="RelayState" value="%s">`, html.EscapeString(state))
	}
	fmt.Fprint(w, `</form>`)
}

// assertion writes a response that offers roles: `assertion FILE ROLE... [aud=AUDIENCE] [age=1h]`.
func assertion(ts *testscript.TestScript, _ bool, args []string) {
	p := *ts.Value(idpKey{}).(**identityProvider)
	a := awstest.Assertion{Subject: "alice@example.com"}
	for _, arg := range args[1:] {
		switch name, value, set := strings.Cut(arg, "="); {
		case name == "aud":
			a.Audience = value
		case name == "age":
			age, err := time.ParseDuration(value)
			ts.Check(err)
			a.Issued = time.Now().Add(-age)
		case set:
			ts.Fatalf("assertion: there is no %q", name)
		default:
			a.Roles = append(a.Roles, p.provider+","+arg)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(p.Sign(a)+"\n"), 0o600))
}

// submit does what the form of a page does in a browser; a page without one is left alone.
func submit(client http.Client, page string) error {
	action := regexp.MustCompile(`<form method="post" action="([^"]*)">`).FindStringSubmatch(page)
	if action == nil {
		return nil
	}
	form := url.Values{}
	for _, input := range regexp.MustCompile(`<input name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(page, -1) {
		form.Add(input[1], html.UnescapeString(input[2]))
	}
	resp, err := client.PostForm(action[1], form)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
