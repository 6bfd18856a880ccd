//go:build linux

package main

import (
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// clock sets AWS's clock so much ahead of this machine's: `clock 10m`, `clock -10m`, `clock 0s`.
func clock(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	theAWS(ts).SetClock(d)
}
