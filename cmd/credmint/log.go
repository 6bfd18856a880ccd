package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"credmint/helper/journal"
	"credmint/helper/prompt"
)

type logCmd struct {
	Profile string `arg:"" optional:"" help:"Only what was minted of this profile, or for it."`
	Follow  bool   `short:"f" help:"Go on with what is minted from now on, until ^C."`
	JSON    bool   `name:"json" help:"Print JSON, an object a line."`
}

// Help says where all of it is.
func (logCmd) Help() string {
	return `On a terminal, what has no room is shortened or left out: AWS's ids of the requests first. --json has everything.`
}

// followInterval is how often the record is looked at.
const followInterval = time.Second / 2

// Run prints the record. It asks neither the keychain nor AWS.
func (c *logCmd) Run(ctx context.Context, a *app) error {
	log, err := a.journal()
	if err != nil {
		return err
	}
	var entries []journal.Entry
	damaged, err := log.Read(func(e journal.Entry) {
		if c.wants(e) {
			entries = append(entries, e)
		}
	})
	if err != nil {
		return err
	}
	if damaged > 0 {
		a.warn(fmt.Errorf("%s: %s not readable", log.Path, count(damaged, "line")))
	}
	if err := c.print(a, entries); err != nil || !c.Follow {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return log.Follow(ctx, followInterval, func(e journal.Entry) {
		if c.wants(e) {
			_ = c.line(a, e) // to a reader that may have left
		}
	})
}

func (c *logCmd) wants(e journal.Entry) bool {
	return c.Profile == "" || e.Profile == c.Profile || e.For == c.Profile
}

func (c *logCmd) print(a *app, entries []journal.Entry) error {
	if c.JSON {
		out := json.NewEncoder(a.stdout)
		for _, e := range entries {
			if err := out.Encode(e); err != nil {
				return err
			}
		}
		return nil
	}
	if len(entries) == 0 {
		a.tell("nothing has been minted yet")
		return nil
	}
	t := a.fitted([]column{
		{heading: "TIME"},
		{heading: "PROFILE", least: 14},
		{heading: "KIND", least: 8, spare: 3},
		{heading: "WHO", least: 12, spare: 2},
		{heading: "PROGRAM", least: 10, spare: 1},
		{heading: "REQUEST", spare: 4},
		{heading: "OUTCOME", least: 16},
	})
	for _, e := range entries {
		t.row(cells(e)...)
	}
	return t.Flush()
}

// line is one entry while others are waited for.
func (c *logCmd) line(a *app, e journal.Entry) error {
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(e)
	}
	_, err := fmt.Fprintln(a.stdout, strings.ReplaceAll(prompt.Printable(strings.Join(cells(e), "  ")), "\n", " "))
	return err
}

func cells(e journal.Entry) []string {
	profile, program, outcome := e.Profile, e.Program, e.Outcome
	if e.For != "" {
		profile += " for " + e.For
	}
	switch {
	case e.Behind:
		program = "(renewed behind)"
	case e.Parent != "":
		program += " of " + e.Parent
	}
	if e.Error != "" {
		outcome += ": " + strings.TrimPrefix(e.Error, fmt.Sprintf("profile %q: ", e.Profile))
	}
	return []string{e.Time.Local().Format("2006-01-02 15:04:05"), profile, orDash(e.Kind), orDash(whoIs(e)), orDash(program), orDash(e.RequestID), outcome}
}

// whoIs is the account, and the role in it where there is one.
func whoIs(e journal.Entry) string {
	who := e.Account
	if e.Role != "" {
		who += " " + e.Role[strings.LastIndexByte(e.Role, ':')+1:]
	}
	return strings.TrimSpace(who)
}
