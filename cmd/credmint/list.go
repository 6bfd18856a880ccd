package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"credmint/helper/shellword"
)

type listCmd struct {
	JSON    bool     `name:"json" xor:"form" help:"Print JSON."`
	Columns []string `xor:"form" placeholder:"NAME" enum:"profile,kind,account,role,state,key,used,access-key,source,mfa" help:"Show these columns, in full: any of ${enum}."`
}

// Help says what the columns mean, where a heading cannot.
func (listCmd) Help() string {
	return `The last used come first. Neither the keychain nor AWS is asked.

  - state: how long the kept session lasts; "ended" is told for about a day; "none (MFA)" will ask for a code;
    "not set up" has settings, and no credentials; what is "broken" leads nowhere, and doctor says why.
  - key: how long ago the access key was put into the keychain. It may be older in IAM.
  - used: how long ago the session was made that programs get. What they got of it since leaves no trace, so the last use
    may be later, up to the end of that session; and what ended more than a day ago is forgotten.

On a terminal, what has no room is shortened or left out: --columns says what to show.`
}

// oldKey is when a key is old: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-3.
const oldKey = 90 * day

// Run reads files only: neither the keychain nor AWS is asked.
func (c *listCmd) Run(_ context.Context, a *app) error {
	rows, err := a.rows()
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(rows)
	}
	if len(rows) == 0 {
		a.tell("no profiles yet: run `credmint add PROFILE`")
		return nil
	}
	if err := c.table(a.stdout, a.look(a.stdout), rows, a.now()).Flush(); err != nil {
		return err
	}
	a.tellBroken(rows)
	a.tellOld(rows)
	return nil
}

func (c *listCmd) table(out io.Writer, l look, rows []row, now time.Time) *table {
	t := &table{out: out, look: l}
	shown := c.columns()
	for _, column := range shown {
		t.columns = append(t.columns, column.column)
	}
	t.headings()
	for _, r := range rows {
		cells := make([]cell, len(shown))
		for i, column := range shown {
			cells[i] = column.cell(r, now, l)
		}
		t.cells(cells)
	}
	return t
}

// columns are those that were asked for, which are shown in full, or else those that are.
func (c *listCmd) columns() []listColumn {
	all := listColumns()
	if len(c.Columns) == 0 {
		return all[:defaultColumns]
	}
	var shown []listColumn
	for _, name := range c.Columns {
		i := slices.IndexFunc(all, func(l listColumn) bool { return l.name == name })
		all[i].least, all[i].spare = 0, 0
		shown = append(shown, all[i])
	}
	return shown
}

// tellBroken warns of profiles whose chains lead nowhere.
func (a *app) tellBroken(rows []row) {
	var broken []string
	for _, r := range rows {
		if r.broken {
			broken = append(broken, r.Profile)
		}
	}
	if len(broken) > 0 {
		a.warn(fmt.Errorf("broken: %s; `credmint doctor` says what is wrong", someOf(broken)))
	}
}

// tellOld warns of keys that are used for too long. One key may be that of several profiles.
func (a *app) tellOld(rows []row) {
	var old []string
	for _, r := range rows {
		if r.old(a.now()) && r.resolved.KeyRef.Profile == r.Profile {
			old = append(old, r.Profile)
		}
	}
	if len(old) == 0 {
		return
	}
	a.warn(fmt.Errorf("in use for over 90 days: the access keys of %s; `credmint rotate %s` makes a new one", someOf(old), shellword.Argument(old[0])))
}

// someOf names the first few of many.
func someOf(names []string) string {
	const few = 3
	text := strings.Join(names[:min(few, len(names))], ", ")
	if len(names) > few {
		text += fmt.Sprintf(" and %d more", len(names)-few)
	}
	return text
}
