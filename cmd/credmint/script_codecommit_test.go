//go:build linux

package main

import "github.com/rogpeppe/go-internal/testscript"

// servicePassword puts the password that AWS takes for an HTTPS Git credential into a variable: `password USER VARIABLE`.
func servicePassword(ts *testscript.TestScript, _ bool, args []string) {
	password, ok := theAWS(ts).ServicePasswords()[args[0]]
	if !ok {
		ts.Fatalf("AWS knows no password of %s", args[0])
	}
	ts.Setenv(args[1], password)
}

// secret keeps a text in an account's Secrets Manager, in the place of what was there: `secret ACCOUNT NAME TEXT READER...`.
func secret(ts *testscript.TestScript, _ bool, args []string) {
	theAWS(ts).AddSecret(args[0], args[1], args[2], args[3:]...)
}
