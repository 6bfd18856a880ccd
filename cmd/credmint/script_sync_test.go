//go:build linux

package main

import (
	"fmt"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"credmint/helper/mint/awstest"
)

// accounts assigns roles in that many more accounts to the person: `accounts 2000`.
func accounts(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	person := ts.Value(ssoKey{}).(*awstest.IdentityCenter).Person()
	for i := range n {
		person.Assign(fmt.Sprintf("9%011d", i), fmt.Sprintf("Team %d", i), "Admin", "Reader", "Billing")
	}
}

// throttle makes AWS refuse the next calls of an action: `throttle ListAccounts 3`.
func throttle(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	theAWS(ts).SetFault(args[0], awstest.Fault{Throttle: n})
}
