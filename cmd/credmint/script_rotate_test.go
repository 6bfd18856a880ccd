//go:build linux

package main

import (
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"credmint/helper/mint/awstest"
)

type userKeyKey struct{}

func rotations(env *testscript.Env, _ *awstest.AWS, alice *awstest.User) error {
	env.Values[userKeyKey{}] = alice
	return nil
}

// userKey asserts what has become of an access key of alice's: `user-key ID active`, `inactive` or `gone`.
func userKey(ts *testscript.TestScript, _ bool, args []string) {
	is := "gone"
	switch active, found := ts.Value(userKeyKey{}).(*awstest.User).AccessKeys()[args[0]]; {
	case active:
		is = "active"
	case found:
		is = "inactive"
	}
	if is != args[1] {
		ts.Fatalf("access key %s is %s", args[0], is)
	}
}

// newKey puts the id of the newest access key of alice's into a variable; with `new-key VARIABLE make` one that is made now.
func newKey(ts *testscript.TestScript, _ bool, args []string) {
	alice := ts.Value(userKeyKey{}).(*awstest.User)
	if len(args) > 1 {
		ts.Setenv(args[0], alice.AddAccessKey().ID)
		return
	}
	for id := range alice.AccessKeys() {
		if id != ts.Getenv("KEY_ID") {
			ts.Setenv(args[0], id)
		}
	}
}

// propagation makes AWS refuse each new access key so often, before it knows it.
func propagation(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	theAWS(ts).SetPropagation(n)
}

// lose cuts the next answer to an action short, after AWS has done what was asked: `lose CreateAccessKey`.
func lose(ts *testscript.TestScript, _ bool, args []string) {
	theAWS(ts).SetFault(args[0], awstest.Fault{Truncate: true, Times: 1})
}
