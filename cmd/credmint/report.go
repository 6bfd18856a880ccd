package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"credmint/helper"
	"credmint/helper/forge"
	"credmint/helper/mint"
	"credmint/helper/prompt"
	"credmint/helper/signin"
	"credmint/keychain"
)

// The exit codes, which scripts rely on.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitPerson      = 3 // somebody must type a code, sign in or unlock
	exitUnavailable = 4 // the keychain
	exitSignal      = 128
)

// report prints an error and its hints the way a person can act on, and returns the exit code:
//
//	credmint: error: profile "prod" needs an MFA code, and there is no terminal to ask on
//	credmint: hint: run `credmint login prod` in a terminal; its session is then served
//
// Text that came from outside is made printable here, once, for every message.
func (a *app) report(err error) int {
	if err == nil {
		return exitDone
	}
	code := exitCode(err)
	var passed *passedOn
	if !errors.As(err, &passed) {
		a.say("error", err.Error())
		for _, hint := range hints(err) {
			a.say("hint", hint)
		}
	}
	return code
}

// warn tells of something that went wrong and did not matter, once.
func (a *app) warn(err error) {
	if a.warned == nil {
		a.warned = map[string]bool{}
	}
	if text := err.Error(); !a.warned[text] {
		a.warned[text] = true
		a.say("warning", text)
	}
}

// say writes a line for people to stderr. It stays one line: what AWS, or a server in its place, says in several could end
// in one that reads like a hint of credmint's.
func (a *app) say(what, text string) {
	line := strings.ReplaceAll(strings.TrimSpace(prompt.Printable(text)), "\n", "; ")
	fmt.Fprintf(a.stderr, "credmint: %s: %s\n", what, line)
}

// tell writes a line of a command's own talk, which is not a program's to read, to stderr.
func (a *app) tell(format string, args ...any) {
	fmt.Fprintln(a.stderr, prompt.Printable(fmt.Sprintf(format, args...)))
}

// confirm asks a person to agree, unless they have said yes on the command line. Where nobody can be asked the hint says
// what to type instead.
func (a *app) confirm(ctx context.Context, yes bool, question, hint string) error {
	if yes {
		return nil
	}
	answer, err := a.asker.Ask(ctx, prompt.Question{Text: question, Echo: true})
	if errors.Is(err, prompt.ErrNobody) {
		return advise(err, "%s", hint)
	}
	if err == nil && !strings.EqualFold(answer, "y") && !strings.EqualFold(answer, "yes") {
		err = prompt.ErrDeclined
	}
	return err
}

func exitCode(err error) int {
	var (
		usage       *usageError
		interrupted *prompt.Interrupted
		other       *shared
		behind      *reported
		passed      *passedOn
		signIn      *mint.SignInNeeded
		denied      *signin.Denied
		several     *mint.RolesOffered
		forgeSignIn *forge.SignInNeeded
	)
	switch {
	case errors.As(err, &passed):
		return passed.code
	case errors.As(err, &other):
		return other.code
	case errors.As(err, &behind):
		return behind.code
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &interrupted):
		if s, ok := interrupted.Signal.(syscall.Signal); ok {
			return exitSignal + int(s)
		}
		return exitSignal
	case errors.As(err, &forgeSignIn), errors.Is(err, forge.ErrUnanswered):
		return exitPerson
	case errors.As(err, &signIn), errors.As(err, &denied), errors.As(err, &several), errors.Is(err, mint.ErrUnanswered), errors.Is(err, helper.ErrBusy),
		errors.Is(err, prompt.ErrNobody), errors.Is(err, prompt.ErrDeclined),
		errors.Is(err, keychain.ErrLocked), errors.Is(err, keychain.ErrDeclined):
		return exitPerson
	case errors.Is(err, keychain.ErrUnavailable), errors.Is(err, keychain.ErrTimeout):
		return exitUnavailable
	}
	return exitFailed
}

// hinter is an error that knows what to type next.
type hinter interface{ Hint() string }

// hints gathers what the errors of a chain advise, the outermost first.
func hints(err error) []string {
	var found []string
	var walk func(error)
	walk = func(err error) {
		if err == nil {
			return
		}
		if h, ok := err.(hinter); ok && h.Hint() != "" {
			found = append(found, h.Hint())
		}
		switch u := err.(type) {
		case interface{ Unwrap() error }:
			walk(u.Unwrap())
		case interface{ Unwrap() []error }:
			for _, e := range u.Unwrap() {
				walk(e)
			}
		}
	}
	walk(err)
	return found
}

// advised adds a hint to an error.
type advised struct {
	error
	hint string
}

func advise(err error, format string, args ...any) error {
	return &advised{err, fmt.Sprintf(format, args...)}
}

func (e *advised) Unwrap() error { return e.error }

// Hint says what to type.
func (e *advised) Hint() string { return e.hint }

// errTooSlow is the end of a call that must answer before its caller gives up.
var errTooSlow = errors.New("no answer in 50 seconds, after which callers give up")

// limit bounds a call that a program makes: the Go SDK ends a credential_process after a minute.
func (a *app) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	a.called = true
	return context.WithTimeoutCause(ctx, callLimit-a.kept.Waited(), errTooSlow)
}
