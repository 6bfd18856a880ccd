package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"credmint/helper"
)

// listColumn is what list can show of a profile.
type listColumn struct {
	name string // as --columns has it
	column
	cell func(r row, now time.Time, l look) cell
}

// defaultColumns is how many of the columns are shown unasked.
const defaultColumns = 7

func listColumns() []listColumn {
	text := func(of func(row) string) func(row, time.Time, look) cell {
		return func(r row, _ time.Time, _ look) cell { return cell{text: orDash(of(r))} }
	}
	return []listColumn{
		{"profile", column{heading: "PROFILE", least: 16}, text(func(r row) string { return r.Profile })},
		{"kind", column{heading: "KIND", least: 8, spare: 5}, text(func(r row) string { return r.Kind })},
		{"account", column{heading: "ACCOUNT", spare: 2}, text(func(r row) string { return r.AccountID })},
		{"role", column{heading: "ROLE", least: 10, spare: 1}, text(row.who)},
		{"state", column{heading: "STATE"}, row.state},
		{"key", column{heading: "KEY", spare: 4}, row.keyAge},
		{"used", column{heading: "USED", spare: 3}, row.used},
		{"access-key", column{heading: "ACCESS KEY"}, text(func(r row) string { return r.AccessKeyID })},
		{"source", column{heading: "SOURCE"}, text(func(r row) string { return r.Source })},
		{"mfa", column{heading: "MFA"}, text(func(r row) string { return r.MFASerial })},
	}
}

// who is what tells one identity of an account from another: the role, or what an ARN says of a user.
func (r row) who() string {
	for _, arn := range []string{r.Role, r.User} {
		if i := strings.LastIndexByte(arn, ':'); i >= 0 {
			return strings.TrimPrefix(arn[i+1:], "role/")
		}
	}
	return cmp.Or(r.SSORole, r.AccessKeyID)
}

// state tells of the kept session, and shows how much of it is left.
func (r row) state(now time.Time, l look) cell {
	if r.Expires == nil {
		return cell{text: r.without()}
	}
	session := helper.Session{Issued: r.minted(), Expires: *r.Expires}
	left, life := r.Expires.Sub(now), session.Expires.Sub(session.Issued)
	c := cell{l.gauge(left.Seconds()/life.Seconds()) + short(left), green}
	switch {
	case helper.Due(session, now):
		c.colour = red
	case helper.NearEnd(session, now):
		c.colour = yellow
	}
	return c
}

// without says what it is that there is instead of a session.
func (r row) without() string {
	switch {
	case r.broken:
		return "broken"
	case r.Problem != "":
		return "not set up"
	case r.code:
		return "none (MFA)"
	case !r.resolved.Kind.Kept():
		return "not kept"
	case r.Minted != nil:
		return "ended"
	default:
		return "none"
	}
}

func (r row) keyAge(now time.Time, _ look) cell {
	switch {
	case r.KeyStored == nil:
		return cell{text: "-"}
	case r.old(now):
		return cell{short(now.Sub(*r.KeyStored)) + "!", yellow}
	}
	return cell{text: short(now.Sub(*r.KeyStored))}
}

func (r row) used(now time.Time, _ look) cell {
	if r.Minted == nil {
		return cell{text: "-"}
	}
	return cell{text: short(now.Sub(*r.Minted))}
}

const day = 24 * time.Hour

// short is a duration where there is little room: "412d", "11h58m", "14m", "40s".
func short(d time.Duration) string {
	switch {
	case d >= 2*day:
		return fmt.Sprintf("%dd", d/day)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", max(0, d/time.Second))
}
