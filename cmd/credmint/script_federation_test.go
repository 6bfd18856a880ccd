//go:build unix

package main

import (
	"os"
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
