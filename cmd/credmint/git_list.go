package main

import (
	"context"
	"strconv"
	"time"

	"credmint/helper/forge"
	"credmint/helper/gitcred"
)

type gitListCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// gitRow is what the list shows of a login, or of what gets tokens for one; none of it is secret.
type gitRow struct {
	Kind      forge.Kind `json:"kind"`
	Protocol  string     `json:"protocol"`
	Host      string     `json:"host"`
	Path      string     `json:"path,omitempty"`
	Username  string     `json:"username,omitempty"`
	AuthType  string     `json:"authtype,omitempty"`
	Renewable bool       `json:"renewable,omitempty"` // a refresh token is with it
	Stored    *time.Time `json:"stored,omitempty"`
	Expires   *time.Time `json:"expires,omitempty"`
	Erased    *time.Time `json:"erased,omitempty"` // git erased it without naming the password: it is not given, but can be restored
	More      int        `json:"more,omitempty"`   // this many logins of the host are not listed

	item forge.Listing // of all kinds but storedLogin
}

// storedLogin is a login that git, or an import, has brought.
const storedLogin forge.Kind = "login"

// Run reads the index only: the keychain is not asked.
func (c *gitListCmd) Run(_ context.Context, a *app) error {
	rows, err := a.gitRows()
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(rows)
	}
	if len(rows) == 0 {
		a.tell("no logins yet: `credmint setup git` makes git ask credmint, `credmint import` moves what other helpers have")
		return nil
	}
	t := a.table("HOST", "USER", "STORED", "EXPIRES", "NOTE")
	for _, r := range rows {
		if r.More > 0 {
			t.row(r.url(), "and "+strconv.Itoa(r.More)+" more", "-", "-", "-")
			continue
		}
		t.row(r.url(), orDash(r.Username), r.age(a.now()), r.ends(a.now()), orDash(r.note(a.now())))
	}
	return t.Flush()
}

func (a *app) gitRows() ([]gitRow, error) {
	k, err := a.keychain()
	if err != nil {
		return nil, err
	}
	entries, err := k.List(gitPrefix)
	if err != nil {
		return nil, err
	}
	rows := make([]gitRow, 0, len(entries))
	for _, e := range entries {
		if l, ok := gitcred.ParseListing(e.Name, e.About, a.now()); ok {
			rows = appendRows(rows, l)
		}
	}
	for _, prefix := range forge.Prefixes() {
		entries, err := k.List(prefix)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if l, ok := forge.ParseListing(e.Name, e.About); ok {
				rows = append(rows, gitRow{
					Kind: l.Kind, Protocol: l.Protocol, Host: l.Host, Username: l.Username, Renewable: l.Renewable,
					Stored: someTime(l.Stored), Expires: someTime(l.Expires), item: l,
				})
			}
		}
	}
	return rows, nil
}

func appendRows(rows []gitRow, l gitcred.Listing) []gitRow {
	for _, login := range l.Logins {
		rows = append(rows, gitRow{
			Kind: storedLogin, Protocol: l.Protocol, Host: l.Host, Path: login.Path, Username: login.Username, AuthType: login.AuthType,
			Renewable: login.Renewable,
			Stored:    someTime(login.Stored), Expires: someTime(login.Expires), Erased: someTime(login.Erased),
		})
	}
	if l.More > 0 {
		rows = append(rows, gitRow{Kind: storedLogin, Protocol: l.Protocol, Host: l.Host, More: l.More})
	}
	return rows
}

// url is the host as people and `git remove` write it.
func (r gitRow) url() string {
	url := r.Host
	if r.Protocol != "https" {
		url = r.Protocol + "://" + url
	}
	if r.Path != "" {
		url += "/" + r.Path
	}
	return url
}

// name is the login in a sentence.
func (r gitRow) name() string {
	switch {
	case r.Kind != storedLogin:
		return "the " + r.what() + " of " + r.Username + " at " + r.url()
	case r.More > 0:
		return count(r.More, "more login") + " of " + r.url()
	case r.Username != "":
		return r.Username + " at " + r.url()
	case r.AuthType != "":
		return "the " + r.AuthType + " token of " + r.url()
	}
	return "the login without a name at " + r.url()
}

// what is kept, where that is no login that was brought; empty: it is one.
func (r gitRow) what() string {
	switch r.Kind {
	case forge.SignIn:
		return "OAuth sign-in"
	case forge.AppKey:
		return "GitHub App's key"
	case forge.ClientSecret:
		return "OAuth client's secret"
	}
	return ""
}

// matches compares what the request names, as gitcred.Saved does.
func (r gitRow) matches(c gitcred.Credential) bool {
	named := func(v gitcred.Value, have string) bool { return !v.IsSet() || r.More > 0 || v.Text() == have }
	return r.Protocol == c.Protocol.Text() && r.Host == c.Host.Text() && named(c.Path, r.Path) && named(c.Username, r.Username)
}

func (r gitRow) age(now time.Time) string {
	if r.Stored == nil {
		return "-"
	}
	return ago(now.Sub(*r.Stored))
}

func (r gitRow) ends(now time.Time) string {
	switch {
	case r.Expires == nil:
		return "-"
	case r.Expires.Sub(now) > 48*time.Hour:
		return "in " + count(int(r.Expires.Sub(now).Hours()/24), "day")
	case r.Expires.After(now):
		return "in " + left(r.Expires.Sub(now))
	case r.Renewable:
		return "to be renewed"
	}
	return "expired"
}

func (r gitRow) note(now time.Time) string {
	switch {
	case r.Erased != nil:
		return "erased " + ago(now.Sub(*r.Erased)) + ": `credmint git restore` takes that back"
	case r.AuthType != "":
		return r.AuthType + " token"
	}
	return r.what()
}
