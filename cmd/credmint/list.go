package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"credmint/cache"
	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/awsconfig"
)

type listCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// row is what list shows of a profile; none of it is secret.
type row struct {
	Profile     string     `json:"profile"`
	Kind        string     `json:"kind"`
	AccountID   string     `json:"account_id,omitempty"`
	Role        string     `json:"role_arn,omitempty"`
	SSORole     string     `json:"sso_role_name,omitempty"`
	User        string     `json:"user_arn,omitempty"`
	AccessKeyID string     `json:"access_key_id,omitempty"`
	Source      string     `json:"source_profile,omitempty"`
	MFASerial   string     `json:"mfa_serial,omitempty"`
	KeyStored   *time.Time `json:"key_stored,omitempty"`
	Expires     *time.Time `json:"session_expires,omitempty"` // of the kept session; absent where there is none
	Problem     string     `json:"problem,omitempty"`
}

// Run reads files only: neither the keychain nor AWS is asked.
func (c *listCmd) Run(a *app) error {
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
	t := a.table("PROFILE", "KIND", "ACCOUNT", "WHO", "SESSION", "KEY STORED")
	for _, r := range rows {
		t.row(r.Profile, r.Kind, orDash(r.AccountID), orDash(r.who()), r.session(a.now()), r.age(a.now()))
	}
	return t.Flush()
}

// rows lists the profiles of the shared files that credmint can serve, or nearly, and the keys no file mentions.
func (a *app) rows() ([]row, error) {
	config, err := a.awsConfig()
	if err != nil {
		return nil, err
	}
	names, err := a.profileNames(config)
	if err != nil {
		return nil, err
	}
	ends := a.sessionEnds()
	rows := make([]row, 0, len(names))
	for _, name := range names {
		p, err := config.Profile(name, a.keyRef)
		if err != nil {
			rows = append(rows, row{Profile: name, Kind: "-", Problem: err.Error()})
			continue
		}
		rows = append(rows, a.row(p, ends[cache.Key(p.Key()).Name()]))
	}
	return rows, nil
}

// profileNames are those of the shared files, and then those of the keys that no file mentions.
func (a *app) profileNames(config *awsconfig.Config) ([]string, error) {
	k, err := a.keychain()
	if err != nil {
		return nil, err
	}
	names := config.Names()
	entries, err := k.List(kept.KeyPrefix)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if name := strings.TrimPrefix(e.Name, kept.KeyPrefix); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// sessionEnds tells when each kept session ends, by the name of its entry.
func (a *app) sessionEnds() map[string]time.Time {
	ends := map[string]time.Time{}
	entries, err := a.sessions().Dir.List()
	if err != nil {
		a.warn(err)
	}
	for _, e := range entries {
		ends[e.Name] = e.Expires
	}
	return ends
}

func (a *app) row(p *helper.Profile, ends time.Time) row {
	r := row{
		Profile: p.Name, Kind: string(p.Kind), Role: p.RoleARN, User: p.Identity(), AccessKeyID: p.KeyRef.ID,
		AccountID: p.AccountID(),
	}
	if in, ok := p.Inputs.(*helper.SSOAssignment); ok {
		r.AccountID, r.SSORole = in.AccountID, in.RoleName
	}
	if p.Source != nil {
		r.Source = p.Source.Name
	}
	for _, link := range p.Links() {
		if r.MFASerial == "" {
			r.MFASerial = link.MFASerial
		}
	}
	if ends.After(a.now()) {
		r.Expires = &ends
	}
	if p.KeyRef.Place == helper.InKeychain {
		r.KeyStored = a.keyStored(p.KeyRef.Profile)
	}
	return r
}

func (a *app) keyStored(profile string) *time.Time {
	k, err := a.keychain()
	if err != nil {
		return nil
	}
	about, err := k.About(kept.KeyPrefix + profile)
	if err != nil {
		return nil
	}
	stored, err := time.Parse(time.RFC3339, about[kept.AboutCreated])
	if err != nil {
		return nil
	}
	return &stored
}

// who is the part of the ARN that tells one identity of an account from another.
func (r row) who() string {
	for _, arn := range []string{r.Role, r.User} {
		if i := strings.LastIndexByte(arn, ':'); i >= 0 {
			return arn[i+1:]
		}
	}
	if r.Problem != "" {
		return "no credentials"
	}
	return cmp.Or(r.SSORole, r.AccessKeyID)
}

func (r row) session(now time.Time) string {
	switch {
	case r.Expires != nil:
		return left(r.Expires.Sub(now)) + " left"
	case r.MFASerial != "":
		return "none (MFA)"
	default:
		return "none"
	}
}

func (r row) age(now time.Time) string {
	if r.KeyStored == nil {
		return "-"
	}
	return ago(now.Sub(*r.KeyStored))
}
