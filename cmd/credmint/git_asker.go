package main

import (
	"context"
	"os/exec"
	"strings"

	"credmint/helper/gitcred"
	"credmint/helper/prompt"
)

// gitAsker asks a person only where git itself would: credential.interactive may bar helpers from asking at all, and
// GIT_TERMINAL_PROMPT git's programs from the terminal. Neither is looked at before there is a question.
// See https://git-scm.com/docs/git-config#Documentation/git-config.txt-credentialinteractive.
type gitAsker struct {
	next   prompt.Asker
	getenv func(string) string
}

var _ prompt.Asker = gitAsker{}

func (g gitAsker) Ask(ctx context.Context, q prompt.Question) (string, error) {
	if value, barred := interactiveOff(ctx); barred {
		return prompt.None{Why: "git's config says credential.interactive = " + value}.Ask(ctx, q)
	}
	next := g.next
	if value := g.getenv("GIT_TERMINAL_PROMPT"); value != "" && isOff(value) {
		if chosen, ok := next.(prompt.Chosen); ok {
			chosen.NotOnTerminal = "GIT_TERMINAL_PROMPT=" + value
			next = chosen
		}
	}
	return next.Ask(ctx, q)
}

// interactiveOff asks git, which hands its -c options on to its helpers, and so to the git that we start. No answer is no
// bar: git before 2.47 does not know the setting.
func interactiveOff(ctx context.Context) (value string, off bool) {
	git, err := gitProgram()
	if err != nil {
		return "", false
	}
	out, err := exec.CommandContext(ctx, git, "config", "--get", "credential.interactive").Output()
	value = strings.TrimSuffix(string(out), "\n")
	return value, err == nil && value != "" && (value == "never" || isOff(value))
}

func isOff(value string) bool {
	on, err := gitcred.ParseBool(value)
	return err == nil && !on
}
