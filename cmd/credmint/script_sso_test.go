//go:build unix

package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"credmint/helper/mint/awstest"
)

// browser is the program that a script has as $BROWSER: it visits the page and whatever that redirects to, and submits
// the form there, as a browser would, and notes the visit in the file $VISITS.
func browser() {
	note, err := os.OpenFile(os.Getenv("VISITS"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err == nil {
		_, err = fmt.Fprintln(note, os.Args[len(os.Args)-1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	client := http.Client{Timeout: 30 * time.Second}
	resp, err := client.Get(os.Args[len(os.Args)-1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	page, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err := submit(client, string(page)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// setUpSSO gives a script's AWS an Identity Center, whose one person approves, and a browser.
func setUpSSO(env *testscript.Env, aws *awstest.AWS) {
	center := aws.AddIdentityCenter("alice")
	center.Person().Assign("111111111111", "Sandbox", "Reader", "Admin")
	center.Person().Assign("222222222222", "Production", "Reader")
	env.Values[ssoKey{}] = center
	env.Setenv("START_URL", center.StartURL)
	env.Setenv("BROWSER", "browser")
	env.Setenv("VISITS", env.WorkDir+"/visits")
}

type ssoKey struct{}

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
