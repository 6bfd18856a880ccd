//go:build unix

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
