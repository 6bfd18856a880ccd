// Package kept answers from what is kept on this machine: the shared AWS files, the index of the keychain, a sealed
// session, and one question to the keychain. It knows no AWS SDK, no network and no command line.
//
// It is also the warm path. A program that asks for credentials asks a thousand times a day, and most of what such a call
// costs is a Go program of credmint's size getting ready: AWS's SDK, HTTP and the command line's grammar fill their
// tables before main begins. So Answer runs when this package is initialised, which Go's rules let come first: packages
// are initialised in the order of their import paths, each as soon as those that it imports are
// (https://go.dev/ref/spec#Program_initialization). Where a toolchain orders them otherwise a hit is slower, and nothing
// else. This is the program's only work at start-up; whatever is not a plain hit is left to main, which begins anew.
package kept

import (
	"context"
	"os"
	"time"

	"credmint/helper"
	"credmint/helper/processcreds"
)

// patience bounds the one question to the keychain. Main, which asks again, waits longer.
const patience = time.Second

func init() {
	if len(os.Args) < 2 || len(os.Args) > 3 || os.Args[1] != "aws" {
		return
	}
	name := ""
	if len(os.Args) == 3 {
		name = os.Args[2]
	}
	document := Answer(&World{Getenv: os.Getenv, Now: time.Now, OS: reader()}, name)
	if document == nil {
		return
	}
	switch n, err := os.Stdout.Write(document); {
	case err == nil:
		os.Exit(0)
	case n > 0: // main would write the whole of it again
		os.Exit(1)
	}
}

// Answer returns the credential_process document of a profile's kept session, and nil where there is anything else to be
// done or said than to print it: no session, one that is due or should be renewed behind, a fault of any kind.
func Answer(w *World, name string) []byte {
	if w.OS == nil || len(name) > 0 && name[0] == '-' {
		return nil
	}
	p, err := w.Profile(name)
	if err != nil || !p.Kind.Kept() || p.Ruled() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := w.Sessions().Get(ctx, p.Key())
	if now := w.Now(); err != nil || helper.Due(s, now) || helper.NearEnd(s, now) && w.Unattended(p) {
		return nil
	}
	document, err := processcreds.Format(s)
	if err != nil {
		return nil
	}
	return document
}
