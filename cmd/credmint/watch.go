package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/caller"
	"credmint/helper/journal"
	"credmint/helper/mint"
	"credmint/helper/prompt"
	"credmint/helper/shellword"
)

// watched is how everything is minted: only on the word of files that nobody else can change, a person is asked first where
// the profile says so, and what comes of it is recorded.
func (a *app) watched(wanted string, minters helper.Source) helper.Source {
	return mint.Recorded{Next: believed{a, confirmed{a, wanted, minters}}, Record: func(p *helper.Profile, s helper.Session, request string, err error) {
		if p.Kind.Kept() { // the others have been minted by somebody else
			a.record(wanted, p, s, request, err)
		}
	}}
}

// confirmed asks before it mints. Nobody is asked twice for one session: whoever else wants it waits for the answer.
type confirmed struct {
	app    *app
	wanted string
	next   helper.Source
}

func (c confirmed) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	if p.Confirm {
		program, _ := c.app.caller()
		question := plainLine(fmt.Sprintf("Make a session of profile %s (%s) for %s [y/N]", p.Name, orKind(p), orSomebody(program)))
		hint := "run `credmint login " + shellword.Argument(c.wanted) + "` in a terminal once; the session is then reused"
		if err := c.app.confirm(ctx, false, question, hint); err != nil {
			return helper.Session{}, fmt.Errorf("profile %q: it is to be confirmed: %w", p.Name, err)
		}
	}
	return c.next.Session(ctx, p)
}

func orKind(p *helper.Profile) string {
	if p.RoleARN != "" {
		return p.RoleARN
	}
	return string(p.Kind)
}

func orSomebody(program string) string {
	if program == "" {
		return "an unknown program"
	}
	return program
}

// caller is the program that asks, and its parent.
func (a *app) caller() (program, parent string) {
	program, parent = caller.Program(caller.Ancestors())
	if a.program != "" {
		return a.program, program
	}
	return program, parent
}

// notAllowed says that a profile is not for the program that asks.
type notAllowed struct {
	profile, program string
	allowed          []string
}

func (e *notAllowed) Error() string {
	return fmt.Sprintf("profile %q: it is not for %s", e.profile, orSomebody(e.program))
}

// Hint says what to type.
func (e *notAllowed) Hint() string {
	return "credmint_allow in [profile " + e.profile + "] names " + strings.Join(e.allowed, ", ") + ": add the program to it, with * for the rest of a long name"
}

// allowed holds the program that asks to each rule of the chain. It is friction: a program can be called what it likes.
func (a *app) allowed(p *helper.Profile) error {
	if !p.Ruled() {
		return nil
	}
	program, _ := a.caller()
	for _, link := range p.Links() {
		if link.Allow == nil || isAmong(program, link.Allow) {
			continue
		}
		err := &notAllowed{link.Name, program, link.Allow}
		a.record(p.Name, link, helper.Session{}, "", err)
		return err
	}
	return nil
}

// isAmong compares as the system's file names are compared. Linux has a name's first 15 bytes only, so a longer pattern
// is cut as well.
func isAmong(program string, patterns []string) bool {
	if runtime.GOOS == "windows" {
		program = strings.TrimSuffix(strings.ToLower(program), ".exe")
	}
	for _, pattern := range patterns {
		if runtime.GOOS == "windows" {
			pattern = strings.TrimSuffix(strings.ToLower(pattern), ".exe")
		}
		if runtime.GOOS == "linux" && len(program) == 15 && strings.HasPrefix(pattern, program) {
			return true
		}
		if ok, err := path.Match(pattern, program); ok && err == nil && program != "" {
			return true
		}
	}
	return false
}

// record writes down how minting ended. A record that cannot be written costs a warning, and never a session.
func (a *app) record(wanted string, p *helper.Profile, s helper.Session, request string, failure error) {
	program, parent := a.caller()
	e := journal.Entry{
		Time: a.now().UTC(), Profile: p.Name, Kind: string(p.Kind), Account: s.AccountID, Role: p.RoleARN, SessionName: p.RoleSessionName,
		Program: program, Parent: parent, Behind: a.behind, Outcome: outcome(failure), RequestID: request,
	}
	if wanted != p.Name {
		e.For = wanted
	}
	if e.Account == "" {
		e.Account = p.AccountID()
	}
	if e.Account == "" && p.Source != nil { // a token, which is of the account whose session it is had with
		e.Account = p.Source.AccountID()
	}
	if in, ok := p.Inputs.(*helper.SSOAssignment); ok {
		e.Role = in.RoleName
	}
	if failure != nil {
		e.Error = failure.Error()
	} else if !s.Expires.IsZero() {
		e.Expires = &s.Expires
	}
	log, err := a.journal()
	if err == nil {
		err = log.Append(e)
	}
	if err != nil {
		a.warn(fmt.Errorf("what is minted is not recorded: %w", err))
	}
}

// outcome tells a no from an accident.
func outcome(failure error) string {
	var (
		aws   *mint.Error
		rule  *notAllowed
		other *mint.SignInNeeded
	)
	switch {
	case failure == nil:
		return journal.Minted
	case errors.As(failure, &aws), errors.As(failure, &rule), errors.As(failure, &other), errors.Is(failure, prompt.ErrDeclined), errors.Is(failure, prompt.ErrNobody):
		return journal.Refused
	}
	return journal.Failed
}

// journal is the record of this user.
func (a *app) journal() (journal.Journal, error) {
	dir := a.getenv("XDG_STATE_HOME")
	switch {
	case runtime.GOOS == "windows" || runtime.GOOS == "darwin":
		data, err := a.kept.DataDir()
		return journal.Journal{Path: filepath.Join(data, "log.jsonl")}, err
	case !filepath.IsAbs(dir): // the XDG Base Directory Specification wants others passed over
		home := kept.Home()
		if home == "" {
			return journal.Journal{}, errors.New("there is no home directory: HOME is not set")
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return journal.Journal{Path: filepath.Join(dir, "credmint", "log.jsonl")}, nil
}
