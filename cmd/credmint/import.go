package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"credmint/helper/plaintext"
)

type importCmd struct {
	Source     []string `arg:"" optional:"" names:"import-source" help:"Where to look: aws-credentials (AWS's shared files), the path of a .csv file of the AWS console or of a .env file, aws-vault or granted (the encrypted files of theirs, and their collection of the Secret Service), git-credentials, netrc, git-remotes (passwords in the URLs of a repository's config), or one of git's helpers: cache, libsecret, osxkeychain, wincred, manager. aws-credentials, git-credentials, netrc, and the helpers that git is configured with, where it is left out."`
	Host       []string `placeholder:"[USER@]HOST" help:"Ask git's helpers for this host; those of git's configuration and some well-known ones, where it is left out."`
	Repository string   `placeholder:"DIR" type:"path" help:"Look into this repository's config, which git-remotes means; the one here, where it is left out."`
	Profile    string   `placeholder:"NAME" help:"The profile that gets the access key of a .csv or .env file."`
	DryRun     bool     `short:"n" help:"Show what would be done, and do nothing."`
	JSON       bool     `name:"json" help:"With --dry-run: print JSON."`
	Yes        bool     `short:"y" help:"Do not ask."`
	Replace    bool     `help:"Where another password or key is kept for the same login or profile, take the one found."`
	Copy       bool     `help:"Copy, and leave everything where it is."`
}

// Run shows the plan, asks, and carries it out. What of the sources could not be read is the error in the end.
func (c *importCmd) Run(ctx context.Context, a *app) error {
	if c.JSON && !c.DryRun {
		return &usageError{errors.New("--json goes with --dry-run")}
	}
	sources, err := c.sources(ctx, a)
	if err != nil {
		return err
	}
	plan, failed := plaintext.Plan(ctx, sources, c.Replace)
	if c.DryRun {
		if err := c.show(a, a.stdout, plan); err != nil {
			return err
		}
		return failed
	}
	todo := 0
	for _, s := range plan {
		if s.Action != plaintext.Leave {
			todo++
		}
	}
	if len(plan) > 0 {
		if err := c.show(a, a.stderr, plan); err != nil {
			return err
		}
	}
	if todo == 0 {
		a.tell("there is nothing to move")
		return failed
	}
	if err := a.confirm(ctx, c.Yes, c.question(todo), "add --yes to go on without being asked"); err != nil {
		return err
	}
	if err := c.apply(ctx, a, plan); err != nil {
		return err
	}
	return failed
}

func (c *importCmd) question(todo int) string {
	if c.Copy {
		return fmt.Sprintf("Copy %s? [y/N]", count(todo, "secret"))
	}
	return fmt.Sprintf("Move %s, and remove them from where they are? [y/N]", count(todo, "secret"))
}

func (c *importCmd) apply(ctx context.Context, a *app, plan []plaintext.Step) error {
	moved, removed := 0, 0
	err := plaintext.Apply(ctx, plan, c.Copy, func(s plaintext.Step) {
		switch s.Action {
		case plaintext.Move:
			moved++
		case plaintext.Remove:
			removed++
		}
	})
	done := "copied " + count(moved, "secret")
	if !c.Copy {
		done = "moved " + count(moved, "secret") + ", each read back before it was removed"
	}
	if removed > 0 {
		done += fmt.Sprintf("; removed %d more that were kept already", removed)
	}
	a.tell("%s", done)
	return err
}

// importRow is a line of the plan; none of it is secret.
type importRow struct {
	From   string `json:"from"`
	Line   int    `json:"line,omitempty"`
	What   string `json:"what"`
	Action string `json:"action"` // "move", "copy", "remove", "leave"
	Reason string `json:"reason,omitempty"`
}

func (c *importCmd) show(a *app, w io.Writer, plan []plaintext.Step) error {
	rows := make([]importRow, 0, len(plan))
	for _, s := range plan {
		r := importRow{From: s.Where, Line: s.Line, What: s.Name, Action: string(s.Action), Reason: s.Reason}
		if c.Copy {
			r.Action = map[plaintext.Action]string{plaintext.Move: "copy", plaintext.Remove: "leave", plaintext.Leave: "leave"}[s.Action]
		}
		rows = append(rows, r)
	}
	if c.JSON {
		return a.printJSON(rows)
	}
	t := newTable(w, "FROM", "WHAT", "ACTION", "NOTE")
	for _, r := range rows {
		t.row(r.from(), r.What, r.action(), orDash(r.Reason))
	}
	return t.Flush()
}

func (r importRow) from() string {
	if r.Line == 0 {
		return r.From
	}
	return fmt.Sprintf("%s:%d", r.From, r.Line)
}

func (r importRow) action() string {
	if r.Action == "move" || r.Action == "copy" {
		return r.Action + " to the keychain"
	}
	return r.Action
}
