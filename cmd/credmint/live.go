package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"

	"credmint/helper"
	"credmint/helper/prompt"
	"credmint/helper/serve"
)

// first makes the session that a command needs before it starts. A person at the terminal typed the command, and may be
// sent to a browser for it; anybody else is a program, which waits no longer than for any other answer.
func (a *app) first(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	if !prompt.HasTerminal() {
		ctx, cancel := a.limit(ctx)
		defer cancel()
		return a.answer(ctx, p)
	}
	wait := a.kept.Wait
	a.kept.Wait = personWait
	defer func() { a.kept.Wait = wait }()
	typed := *a
	typed.person = typed.screen(true, false)
	return typed.answer(ctx, p)
}

// picked is the profile that a person means by a name that may be empty, and its first session.
func (a *app) picked(ctx context.Context, name string) (*helper.Profile, helper.Session, error) {
	name, err := a.pick(ctx, name)
	if err != nil {
		return nil, helper.Session{}, err
	}
	p, err := a.profile(name)
	if err != nil {
		return nil, helper.Session{}, err
	}
	s, err := a.first(ctx, p)
	return p, s, err
}

// live renews sessions for as long as this process serves them. It takes one question at a time, since an app is not made
// for several, and resolves the profile anew for each: its settings, or its key, may be others by now, and the keychain be
// unlocked.
//
// A person who did not answer a question for a profile is not asked again before it has a session from somewhere else, and
// what there is to say about an outage is said once.
type live struct {
	mu     sync.Mutex
	app    *app
	states map[string]*state // by profile
}

// state is what a person was told, and asked, about a profile.
type state struct {
	said  bool // all there is to say about an outage
	asker onceDeclined
}

var _ helper.Source = (*live)(nil)

func newLive(a *app) *live { return &live{app: a, states: map[string]*state{}} }

func (l *live) state(profile string) *state {
	if l.states[profile] == nil {
		l.states[profile] = &state{asker: onceDeclined{next: l.app.asker}}
	}
	return l.states[profile]
}

func (l *live) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, cancel := l.app.limit(ctx)
	defer cancel()
	state := l.state(p.Name)
	var words bytes.Buffer
	a := *l.app
	a.stderr, a.asker, a.person, a.warned = &words, &state.asker, nil, nil
	a.kept.Reload()
	a.kept.Retry()
	s, err := a.session(ctx, p.Name)
	if err == nil && !(s.Expires.IsZero() || helper.Due(s, a.now())) {
		state.asker.declined = false
	}
	if code := a.report(err); code == exitPerson {
		err = &serve.Final{Err: errors.New(withHints(err))}
	} else if err != nil {
		err = errors.New(withHints(err))
	}
	if words.Len() > 0 && !state.said {
		_, _ = l.app.stderr.Write(words.Bytes())
	}
	state.said = words.Len() > 0
	return s, err
}

// withHints is an error, and what to type, for a program that shows one text.
func withHints(err error) string {
	return prompt.Printable(strings.Join(append([]string{err.Error()}, hints(err)...), "; "))
}

// onceDeclined does not ask again who did not answer.
type onceDeclined struct {
	next     prompt.Asker
	declined bool
}

func (o *onceDeclined) Ask(ctx context.Context, q prompt.Question) (string, error) {
	if o.declined {
		return prompt.None{Why: "nobody answered the last time"}.Ask(ctx, q)
	}
	answer, err := o.next.Ask(ctx, q)
	o.declined = err != nil
	return answer, err
}
