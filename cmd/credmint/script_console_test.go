//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"credmint/helper/mint/awstest"
)

// atConsole asserts who was signed in to the console last, where they went, and for how many minutes:
// `at-console '^ARN URL 60m$'`.
func atConsole(ts *testscript.TestScript, neg bool, args []string) {
	visits := theAWS(ts).ConsoleVisits()
	if len(visits) == 0 {
		ts.Fatalf("nobody was at the console")
	}
	last := visits[len(visits)-1]
	got := fmt.Sprintf("%s %s %dm", last.ARN, last.Destination, int(time.Until(last.Until).Round(time.Minute).Minutes()))
	if regexp.MustCompile(args[0]).MatchString(got) == neg {
		ts.Fatalf("at the console is %s", got)
	}
}

// lasting makes a role that may be assumed for twelve hours.
func lasting(env *testscript.Env, aws *awstest.AWS, alice *awstest.User) error {
	role := aws.AddRole("arn:aws:iam::222222222222:role/Lasting", awstest.Trust{Principals: []string{alice.ARN}, MaxDuration: 12 * time.Hour})
	env.Setenv("LASTING", role.ARN)
	return nil
}

// endSession has AWS end the session whose document is on stdout.
func endSession(ts *testscript.TestScript, _ bool, _ []string) {
	var document struct{ AccessKeyId string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &document))
	if !theAWS(ts).Expire(document.AccessKeyId) {
		ts.Fatalf("AWS made no such session: %s", document.AccessKeyId)
	}
}
