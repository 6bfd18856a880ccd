// Package kept answers from what is kept on this machine: the shared AWS files, the index of the keychain, a sealed
// session or a git login, and one question to the keychain. It knows no AWS SDK, no network, and of the command line only
// what programs write.
//
// It is also the warm path. Programs that ask for credentials, git among them, ask a thousand times a day, and most of what
// such a call costs is a Go program of credmint's size getting ready: AWS's SDK, HTTP and the command line's grammar fill
// their tables before main begins. So a hit is answered when this package is initialised, which Go's rules let come first:
// packages are initialised in the order of their import paths, each as soon as those that it imports are
// (https://go.dev/ref/spec#Program_initialization). Where a toolchain orders them otherwise a hit is slower, and nothing
// else. This, and to shut the process's memory to others, is the program's only work at start-up. Whatever is not a plain
// hit is left to main, to which what was read of stdin is handed on (see Stdin), and what else was opened (see World.GoOn):
// but for those of many who only wait until one of them has made a session, and are small while they do (see inLine).
package kept

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"time"

	"credmint/cache"
	"credmint/helper"
	"credmint/helper/processcreds"
)

func init() {
	undumpable() // before anything secret is read, by this package or by main
	call, ok := Plain(Dispatch(os.Args))
	if !ok || !readsKeychain {
		return
	}
	stretch()
	var r reader
	w := &World{Getenv: os.Getenv, Now: time.Now, OS: &r, Greet: r.greet}
	var document []byte
	switch {
	case call.Command == "aws":
		document = AWS(w, call.Profile)
	case call.Command == "git" && call.Action == "get":
		document = fromStdin(func(in io.Reader) []byte { return Git(w, call.Profile, in) })
	}
	if document == nil {
		begun = w
		return
	}
	switch n, err := os.Stdout.Write(document); {
	case err == nil:
		os.Exit(0)
	case n > 0: // main would write the whole of it again
		os.Exit(1)
	}
}

// stretch has the stack grow to what a hit needs while there is next to nothing on it. It would else grow twice from deep
// within, for which the runtime looks up every function on the way, in parts of the program that nothing else of a hit reads.
//
//go:noinline
func stretch() {
	var room [8 << 10]byte
	runtime.KeepAlive(&room)
}

// AWS returns the credential_process document of a profile's kept session, and nil where there is anything else to be
// done or said than to print it.
func AWS(w *World, name string) []byte {
	s, err := w.session(context.Background(), name)
	if err != nil {
		return nil
	}
	document, err := processcreds.Format(s)
	if err != nil {
		return nil
	}
	return document
}

// session is a profile's session, where nothing has to be done but to hand it on, or to wait for another process that makes
// it. It is an error where there is none and nobody does, where it should be renewed behind, where there is a rule about who
// gets it, and on a fault of any kind.
func (w *World) session(ctx context.Context, name string) (helper.Session, error) {
	w.greet()
	p, err := w.Profile(name)
	if err != nil {
		return helper.Session{}, err
	}
	if !p.Kind.Kept() || p.Ruled() {
		return helper.Session{}, errMain
	}
	key := p.Key()
	s, err := w.Sessions().Get(ctx, key)
	now := w.Now()
	switch {
	case err == nil && helper.Due(s, now), errors.Is(err, helper.ErrMiss):
		return w.inLine(ctx, cache.Key(key))
	case err == nil && helper.NearEnd(s, now) && w.Unattended(p):
		err = errMain
	}
	return s, err
}

// greet has the keychain get ready to be asked while we look into the files.
func (w *World) greet() {
	if k, err := w.Keychain(); err == nil {
		k.Greet()
	}
}
