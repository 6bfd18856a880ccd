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
		ctx, cancel := limit(ctx)
		defer cancel()
		return a.answer(ctx, p)
	}
	patient := *a.kept
	patient.Wait = personWait
	typed := *a
	typed.person, typed.kept = typed.screen(true, false), &patient
	return typed.answer(ctx, p)
}

// live renews sessions for as long as this process serves them. It takes one question at a time, since an app is not made
// for several, and resolves the profile anew for each: its settings, or its key, may be others by now.
//
// The terminal belongs to another program meanwhile. Nobody is asked on it, but perhaps in a window, and who did not answer
// there is not asked again before there is a session from somewhere else. What there is to say about an outage is said
// once.
type live struct {
	mu    sync.Mutex
	app   *app
	asker onceDeclined
	said  bool
}

var _ helper.Source = (*live)(nil)

func newLive(a *app, why string) *live {
	return &live{app: a, asker: onceDeclined{next: prompt.Chosen{Getenv: a.getenv, NotOnTerminal: why}}}
}

func (l *live) Session(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, cancel := limit(ctx)
	defer cancel()
	var words bytes.Buffer
	a := *l.app
	a.stderr, a.asker, a.person, a.warned = &words, &l.asker, nil, nil
	a.kept.Reload()
	s, err := a.session(ctx, p.Name)
	if err == nil && !(s.Expires.IsZero() || helper.Due(s, a.now())) {
		l.asker.declined = false
	}
	if code := a.report(err); code == exitPerson {
		err = &serve.Final{Err: errors.New(withHints(err))}
	} else if err != nil {
		err = errors.New(withHints(err))
	}
	if words.Len() > 0 && !l.said {
		_, _ = l.app.stderr.Write(words.Bytes())
	}
	l.said = words.Len() > 0
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
