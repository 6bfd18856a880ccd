package awstest_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper/mint/awstest"
)

const deployARN = "arn:aws:iam::222222222222:role/ci/Deploy"

// unsigned is a client that has nothing to sign with.
func (w *world) unsigned() *sts.Client {
	return sts.New(sts.Options{Region: "eu-west-1", BaseEndpoint: &w.url, Retryer: aws.NopRetryer{}})
}

func (w *world) issuer(t *testing.T) *awstest.Issuer {
	t.Helper()
	i := awstest.NewIssuer()
	t.Cleanup(i.Close)
	provider := w.AddOIDCProvider("222222222222", i, "sts.amazonaws.com", "other")
	w.AddRole(deployARN, awstest.Trust{
		Federated: provider, Audience: "sts.amazonaws.com", Subject: "repo:main", MaxDuration: 2 * time.Hour,
	})
	return i
}

func TestWebIdentity(t *testing.T) {
	w := newWorld(t)
	i := w.issuer(t)
	stranger := awstest.NewIssuer()
	defer stranger.Close()
	good := awstest.Token{Subject: "repo:main", Audience: "sts.amazonaws.com"}
	with := func(edit func(*awstest.Token)) string {
		c := good
		edit(&c)
		return i.Sign(c)
	}
	forged := func() string { // its claims say another subject than was signed
		a, b := strings.Split(i.Sign(good), "."), strings.Split(with(func(c *awstest.Token) { c.Subject = "repo:evil" }), ".")
		return strings.Join([]string{a[0], b[1], a[2]}, ".")
	}
	none := func() string {
		parts := strings.Split(i.Sign(good), ".")
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	}
	input := func(token string, edit func(*sts.AssumeRoleWithWebIdentityInput)) *sts.AssumeRoleWithWebIdentityInput {
		in := &sts.AssumeRoleWithWebIdentityInput{RoleArn: aws.String(deployARN), RoleSessionName: aws.String("me"), WebIdentityToken: &token}
		if edit != nil {
			edit(in)
		}
		return in
	}
	tests := map[string]struct {
		token       string
		edit        func(*sts.AssumeRoleWithWebIdentityInput)
		code, words string
	}{
		"fine":            {token: i.Sign(good)},
		"longest":         {i.Sign(good), func(in *sts.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = aws.Int32(7200) }, "", ""},
		"longer":          {i.Sign(good), func(in *sts.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = aws.Int32(7201) }, "ValidationError", "MaxSessionDuration"},
		"other subject":   {with(func(c *awstest.Token) { c.Subject = "repo:evil" }), nil, "AccessDenied", "Not authorized"},
		"other audience":  {with(func(c *awstest.Token) { c.Audience = "other" }), nil, "AccessDenied", "Not authorized"},
		"nobody's":        {with(func(c *awstest.Token) { c.Audience = "sts.example" }), nil, "InvalidIdentityToken", "Incorrect token audience"},
		"no subject":      {with(func(c *awstest.Token) { c.Subject = "" }), nil, "InvalidIdentityToken", "required claim"},
		"expired":         {with(func(c *awstest.Token) { c.Issued = time.Now().Add(-time.Hour) }), nil, "ExpiredTokenException", "Token expired"},
		"from the future": {with(func(c *awstest.Token) { c.Issued = time.Now().Add(time.Hour) }), nil, "InvalidIdentityToken", "future"},
		"other issuer":    {stranger.Sign(good), nil, "InvalidIdentityToken", "No OpenIDConnect provider found"},
		"other key":       {forged(), nil, "InvalidIdentityToken", "signature"},
		"no algorithm":    {none(), nil, "InvalidIdentityToken", "not a valid JWT"},
		"no token":        {"abcd", nil, "InvalidIdentityToken", "not a valid JWT"},
		"too long":        {strings.Repeat("x", 20001), nil, "ValidationError", "less than or equal to 20000"},
		"too short":       {"abc", nil, "ValidationError", "greater than or equal to 4"},
		"other role":      {i.Sign(good), func(in *sts.AssumeRoleWithWebIdentityInput) { in.RoleArn = aws.String(readerARN) }, "AccessDenied", "Not authorized"},
		"other account":   {i.Sign(good), func(in *sts.AssumeRoleWithWebIdentityInput) { in.RoleArn = aws.String(chainedARN) }, "InvalidIdentityToken", "No OpenIDConnect provider"},
		"OAuth":           {i.Sign(good), func(in *sts.AssumeRoleWithWebIdentityInput) { in.ProviderId = aws.String("www.amazon.com") }, "ValidationError", "OAuth"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := w.unsigned().AssumeRoleWithWebIdentity(t.Context(), input(tt.token, tt.edit))
			wantCode(t, err, tt.code, tt.words)
		})
	}
	out, err := w.unsigned().AssumeRoleWithWebIdentity(t.Context(), input(i.Sign(good), nil))
	if err != nil {
		t.Fatal(err)
	}
	if *out.AssumedRoleUser.Arn != "arn:aws:sts::222222222222:assumed-role/Deploy/me" || *out.SubjectFromWebIdentityToken != "repo:main" ||
		*out.Audience != "sts.amazonaws.com" || !strings.Contains(*out.Provider, ":oidc-provider/127.0.0.1:") {
		t.Errorf("%+v", out)
	}
	id, err := w.as(out.Credentials).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || *id.Arn != *out.AssumedRoleUser.Arn {
		t.Errorf("%v, %v", id, err)
	}
	i.Close()
	_, err = w.unsigned().AssumeRoleWithWebIdentity(t.Context(), input(i.Sign(good), nil))
	wantCode(t, err, "IDPCommunicationError", "")
	for _, c := range w.Log() {
		if c.Params.Has("WebIdentityToken") {
			t.Fatal("a token is in the log")
		}
	}
}

func TestSAML(t *testing.T) {
	w := newWorld(t)
	idp, stranger := awstest.NewIdentityProvider("https://idp.example/"), awstest.NewIdentityProvider("https://idp.example/")
	provider := w.AddSAMLProvider("222222222222", "Corp", idp)
	other := w.AddSAMLProvider("222222222222", "Other", awstest.NewIdentityProvider("https://other.example/"))
	w.AddRole(deployARN, awstest.Trust{
		Federated: provider, Audience: "https://signin.aws.amazon.com/saml", MaxDuration: 2 * time.Hour,
	})
	good := awstest.Assertion{Subject: "alice@example.com", Roles: []string{provider + "," + deployARN}}
	with := func(edit func(*awstest.Assertion)) string {
		a := good
		edit(&a)
		return idp.Sign(a)
	}
	changed := func(old, new string) string {
		text, err := base64.StdEncoding.DecodeString(idp.Sign(good))
		if err != nil || !strings.Contains(string(text), old) {
			t.Fatalf("%v: no %q in %s", err, old, text)
		}
		return base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(text), old, new, 1)))
	}
	input := func(assertion string, edit func(*sts.AssumeRoleWithSAMLInput)) *sts.AssumeRoleWithSAMLInput {
		in := &sts.AssumeRoleWithSAMLInput{RoleArn: aws.String(deployARN), PrincipalArn: &provider, SAMLAssertion: &assertion}
		if edit != nil {
			edit(in)
		}
		return in
	}
	tests := map[string]struct {
		assertion   string
		edit        func(*sts.AssumeRoleWithSAMLInput)
		code, words string
	}{
		"fine":            {assertion: idp.Sign(good)},
		"other order":     {assertion: with(func(a *awstest.Assertion) { a.Roles = []string{"x,y", deployARN + "," + provider} })},
		"console":         {assertion: with(func(a *awstest.Assertion) { a.Audience = "https://signin.aws.amazon.com/saml" })},
		"longer":          {idp.Sign(good), func(in *sts.AssumeRoleWithSAMLInput) { in.DurationSeconds = aws.Int32(7201) }, "ValidationError", "MaxSessionDuration"},
		"not offered":     {with(func(a *awstest.Assertion) { a.Roles = nil }), nil, "AccessDenied", "Not authorized"},
		"other role":      {idp.Sign(good), func(in *sts.AssumeRoleWithSAMLInput) { in.RoleArn = aws.String(readerARN) }, "AccessDenied", "Not authorized"},
		"other provider":  {idp.Sign(good), func(in *sts.AssumeRoleWithSAMLInput) { in.PrincipalArn = &other }, "InvalidIdentityToken", "Issuer not present"},
		"no provider":     {idp.Sign(good), func(in *sts.AssumeRoleWithSAMLInput) { in.PrincipalArn = aws.String(deployARN) }, "InvalidIdentityToken", "provider doesn't exist"},
		"other audience":  {with(func(a *awstest.Assertion) { a.Audience = "https://other.example" }), nil, "InvalidIdentityToken", "required audience"},
		"other recipient": {with(func(a *awstest.Assertion) { a.Recipient = "http://127.0.0.1:1/" }), nil, "AccessDenied", "Not authorized"},
		"expired":         {with(func(a *awstest.Assertion) { a.Issued = time.Now().Add(-time.Hour) }), nil, "ExpiredTokenException", "within 5 minutes"},
		"not yet":         {with(func(a *awstest.Assertion) { a.Issued = time.Now().Add(time.Hour) }), nil, "InvalidIdentityToken", "not valid yet"},
		"session name":    {with(func(a *awstest.Assertion) { a.SessionName = "Alice A" }), nil, "InvalidIdentityToken", "must match"},
		"nobody":          {with(func(a *awstest.Assertion) { a.SessionName, a.Subject = "alice", "" }), nil, "AccessDenied", ""},
		"other key":       {stranger.Sign(good), nil, "InvalidIdentityToken", "signature invalid"},
		"changed":         {changed("alice@example.com", "mallory@example.com"), nil, "InvalidIdentityToken", "signature invalid"},
		"document type":   {changed("<samlp:Response", "<!DOCTYPE x><samlp:Response"), nil, "InvalidIdentityToken", "document type"},
		"no base64":       {"<Response/>", nil, "InvalidIdentityToken", "base64"},
		"no XML":          {"AAAA", nil, "InvalidIdentityToken", "parsed"},
		"too long":        {strings.Repeat("x", 100001), nil, "ValidationError", "less than or equal to 100000"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := w.unsigned().AssumeRoleWithSAML(t.Context(), input(tt.assertion, tt.edit))
			wantCode(t, err, tt.code, tt.words)
		})
	}
	out, err := w.unsigned().AssumeRoleWithSAML(t.Context(), input(with(func(a *awstest.Assertion) {
		a.SessionEnds = time.Now().Add(20 * time.Minute)
	}), nil))
	if err != nil {
		t.Fatal(err)
	}
	if *out.AssumedRoleUser.Arn != "arn:aws:sts::222222222222:assumed-role/Deploy/alice@example.com" || *out.SubjectType != "persistent" ||
		*out.Audience != "https://signin.aws.amazon.com/saml" || time.Until(*out.Credentials.Expiration) > 20*time.Minute {
		t.Errorf("%+v", out)
	}
	for _, c := range w.Log() {
		if c.Params.Has("SAMLAssertion") {
			t.Fatal("an assertion is in the log")
		}
	}
}

// A role that is assumed with a token is a role: the next one lasts an hour at most.
func TestWebIdentityChains(t *testing.T) {
	w := newWorld(t)
	i := w.issuer(t)
	w.AddRole("arn:aws:iam::333333333333:role/Next", awstest.Trust{Principals: []string{deployARN}, MaxDuration: 2 * time.Hour})
	token := i.Sign(awstest.Token{Subject: "repo:main", Audience: "sts.amazonaws.com"})
	out, err := w.unsigned().AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(deployARN), RoleSessionName: aws.String("me"), WebIdentityToken: &token,
	})
	if err != nil {
		t.Fatal(err)
	}
	assume(t, w.as(out.Credentials), "arn:aws:iam::333333333333:role/Next")
	_, err = tryAssume(t, w.as(out.Credentials), "arn:aws:iam::333333333333:role/Next", lasting(3601))
	wantCode(t, err, "ValidationError", "role chaining")
}

// What needs no signature is not signed, and everything else is.
func TestUnsigned(t *testing.T) {
	w := newWorld(t)
	form := "Action=AssumeRoleWithSAML&Version=2011-06-15"
	if status, answer := send(t, w.signed(t, form, nil)); status != http.StatusBadRequest || !strings.Contains(answer, "takes no signature") {
		t.Errorf("HTTP %d: %s", status, answer)
	}
	_, err := w.unsigned().GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
	if err == nil {
		t.Error("answered an unsigned GetCallerIdentity")
	}
	r := w.signed(t, identityForm, nil)
	r.Header.Del("Authorization")
	if status, answer := send(t, r); status != http.StatusForbidden || !strings.Contains(answer, "MissingAuthenticationToken") {
		t.Errorf("HTTP %d: %s", status, answer)
	}
}
