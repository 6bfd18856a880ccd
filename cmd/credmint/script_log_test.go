//go:build linux

package main

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// programs makes programs of those names, which run their arguments: `programs terraform aws`.
func programs(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		ts.Check(writeProgram(ts.MkAbs(name), []byte("#!/bin/sh\n\"$@\"\n")))
	}
}

// requestIDs asserts that the ids of a record are those that AWS gave, for these actions in order.
func requestIDs(ts *testscript.TestScript, _ bool, args []string) {
	var given []string
	for _, action := range args[1:] {
		for _, call := range theAWS(ts).Log() {
			if call.Action == action && call.Error == "" {
				given = append(given, call.RequestID)
			}
		}
	}
	var kept []string
	for _, found := range regexp.MustCompile(`"request_id":"([^"]*)"`).FindAllStringSubmatch(ts.ReadFile(filepath.FromSlash(args[0])), -1) {
		kept = append(kept, found[1])
	}
	if strings.Join(kept, " ") != strings.Join(given, " ") {
		ts.Fatalf("the record has %q, AWS gave %q", kept, given)
	}
}
