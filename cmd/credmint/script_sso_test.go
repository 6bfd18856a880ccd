//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"credmint/helper/mint/awstest"
)

// browser is the program that a script has as $BROWSER: it visits the page and whatever that redirects to, and submits
// the form there, as a browser would. It notes the visit in the file $VISITS before, as what is visited may go on while this
// program ends; and in $VISITS.over afterwards.
func browser() {
	address := os.Args[len(os.Args)-1]
	visits := os.Getenv("VISITS")
	if err := errors.Join(noteVisit(visits, address), visitPage(address), noteVisit(visits+".over", address)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func visitPage(address string) error {
	client := http.Client{Timeout: 30 * time.Second}
	resp, err := client.Get(address)
	if err != nil {
		return err
	}
	page, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	return submit(client, string(page))
}

func noteVisit(file, address string) error {
	note, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(note, address)
	return errors.Join(err, note.Close())
}

// setUpSSO gives a script's AWS an Identity Center, whose one person approves, and a browser.
func setUpSSO(env *testscript.Env, aws *awstest.AWS) {
	center := aws.AddIdentityCenter("alice")
	center.Person().Assign("111111111111", "Sandbox", "Reader", "Admin")
	center.Person().Assign("222222222222", "Production", "Reader")
	chained := aws.AddRole("arn:aws:iam::333333333333:role/Chained-SSO", awstest.Trust{Principals: []string{"111111111111"}})
	env.Setenv("SSO_CHAINED", chained.ARN)
	env.Values[ssoKey{}] = center
	env.Setenv("START_URL", center.StartURL)
	env.Setenv("BROWSER", "browser")
	env.Setenv("VISITS", env.WorkDir+"/visits")
}

type ssoKey struct{}

// visit goes to the address that stands in a file, as soon as one does, as a person would who reads it: `visit FILE`.
func visit(ts *testscript.TestScript, _ bool, args []string) {
	address := regexp.MustCompile(`https?://\S+`)
	for range 600 {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if found := address.Find(text); err == nil && found != nil && bytes.HasSuffix(text, []byte("\n")) {
			ts.Check(visitPage(string(found)))
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("nobody was sent anywhere by %s", args[0])
}

// sso steers the Identity Center: `sso answer refused`, `sso token-life 4m`, `sso sign-in-life 8h`, `sso slow-down 1`,
// `sso end-sign-ins`, `sso expire-tokens`, `sso unassign 111111111111`.
func sso(ts *testscript.TestScript, _ bool, args []string) {
	center := ts.Value(ssoKey{}).(*awstest.IdentityCenter)
	value := func() string {
		if len(args) != 2 {
			ts.Fatalf("usage: sso %s VALUE", args[0])
		}
		return args[1]
	}
	duration := func() time.Duration {
		d, err := time.ParseDuration(value())
		ts.Check(err)
		return d
	}
	switch args[0] {
	case "answer":
		center.SetAnswer(awstest.Answer(value()))
	case "token-life":
		center.SetTokenLife(duration())
	case "sign-in-life":
		center.SetSignInLife(duration())
	case "slow-down":
		n, err := strconv.Atoi(value())
		ts.Check(err)
		center.SlowDown(n)
	case "end-sign-ins":
		center.EndSignIns()
	case "expire-tokens":
		center.ExpireTokens()
	case "unassign":
		center.Person().Unassign(value())
	default:
		ts.Fatalf("sso: there is no %q", args[0])
	}
}
