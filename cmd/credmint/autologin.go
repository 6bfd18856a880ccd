package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"credmint/helper"
	"credmint/helper/mint"
	"credmint/helper/prompt"
	"credmint/helper/signin"
)

// answer is what a program gets. A program never opens a browser itself: where a profile says credmint_auto_login, a
// process of its own signs in, which is not ended with whoever could wait no longer.
func (a *app) answer(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	if err := a.allowed(p); err != nil {
		return helper.Session{}, err
	}
	s, err := a.source(p.Name).Session(ctx, p)
	var needed *mint.SignInNeeded
	switch {
	case errors.Is(err, helper.ErrBusy):
		return s, advise(err, "finish the sign-in that is open in a browser, then try again")
	case !errors.As(err, &needed), !a.mayAutoLogin(p):
		return s, err
	}
	if err := a.signInBehind(ctx, p); err != nil {
		return helper.Session{}, err
	}
	return a.source(p.Name).Session(ctx, p)
}

// mayAutoLogin reports whether a browser may be opened though a program asks, and whether anybody would see it.
func (a *app) mayAutoLogin(p *helper.Profile) bool {
	wanted := slices.ContainsFunc(p.Links(), func(link *helper.Profile) bool { return link.AutoLogin })
	return wanted && (!signin.Remote(a.getenv) || prompt.Terminal{}.Here())
}

// signInBehind has another process sign in, and waits for it as long as the caller can. Of any number of such processes
// one opens a browser, and the others wait for it as they would for any session. When the caller gives up they go on, and
// the next call finds what they got.
func (a *app) signInBehind(ctx context.Context, p *helper.Profile) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.Command(self, "login", "--behind", p.Name)
	child.SysProcAttr = detached()
	words, err := child.StderrPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return fmt.Errorf("profile %q: sign in: %w", p.Name, err)
	}
	ended := make(chan error, 1)
	go func() {
		failure := a.relay(words)
		if err := child.Wait(); err != nil {
			failure.code = exitFailed
			if exit := new(exec.ExitError); errors.As(err, &exit) && exit.ExitCode() > 0 {
				failure.code = exit.ExitCode()
			}
			ended <- failure
		}
		close(ended)
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		_ = words.Close() // nobody reads any more; it goes on without
		return &reported{
			code: exitPerson, text: fmt.Sprintf("profile %q: the sign-in is still open in the browser: %v", p.Name, context.Cause(ctx)),
			hint: "finish it there; the next call is served by it",
		}
	}
}

// The beginnings of the lines by which a process of ours reports its failure.
const (
	errorLine = "credmint: error: "
	hintLine  = "credmint: hint: "
)

// relay shows what a process that signs in has to say on the person's terminal or, where there is none, on stderr. Its
// failure is for the caller to report.
func (a *app) relay(words io.Reader) *reported {
	failure := &reported{text: "the sign-in did not succeed"}
	lines := bufio.NewScanner(words)
	for lines.Scan() {
		line := lines.Text()
		if text, ok := strings.CutPrefix(line, errorLine); ok {
			failure.text = text
		} else if text, ok := strings.CutPrefix(line, hintLine); ok {
			failure.hint = text
		} else if (prompt.Terminal{}).Tell(line) != nil {
			a.tell("%s", line)
		}
	}
	return failure
}
