package main

import (
	"errors"
	"slices"
	"time"

	"credmint/cache"
	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/awsconfig"
)

// row is what list shows of a profile; none of it is secret.
type row struct {
	Profile     string     `json:"profile"`
	Kind        string     `json:"kind,omitempty"` // helper.Kind; absent where there is a problem
	AccountID   string     `json:"account_id,omitempty"`
	Role        string     `json:"role_arn,omitempty"`
	SSORole     string     `json:"sso_role_name,omitempty"`
	User        string     `json:"user_arn,omitempty"`
	AccessKeyID string     `json:"access_key_id,omitempty"`
	Source      string     `json:"source_profile,omitempty"`
	MFASerial   string     `json:"mfa_serial,omitempty"`
	KeyStored   *time.Time `json:"key_stored,omitempty"`
	Minted      *time.Time `json:"last_minted,omitempty"`     // when the last session was kept that there is a trace of
	Expires     *time.Time `json:"session_expires,omitempty"` // of the kept session; absent where there is none
	Problem     string     `json:"problem,omitempty"`

	resolved *helper.Profile // nil where there is a problem
	broken   bool            // the problem is more than that nothing is set up
	code     bool            // a person will be asked for an MFA code
}

// rows lists the profiles of the shared files that credmint can serve, or nearly, and the keys no file mentions: those
// whose sessions were made last come first, and the others in the order of the files.
func (a *app) rows() ([]row, error) {
	config, err := a.awsConfig()
	if err != nil {
		return nil, err
	}
	names, err := a.kept.ProfileNames(config)
	if err != nil {
		return nil, err
	}
	sessions := a.sessionInfos()
	rows := make([]row, 0, len(names))
	for _, name := range names {
		p, err := config.Profile(name, a.keyRef)
		if err != nil {
			rows = append(rows, row{Profile: name, Problem: err.Error(), broken: !leadsNowhere(err, name)})
			continue
		}
		rows = append(rows, a.row(p, sessions))
	}
	slices.SortStableFunc(rows, func(x, y row) int { return y.minted().Compare(x.minted()) })
	return rows, nil
}

// sessionInfos tells of each kept session, by the name of its entry.
func (a *app) sessionInfos() map[string]cache.Info {
	infos := map[string]cache.Info{}
	entries, err := a.sessions().Dir.List()
	if err != nil {
		a.warn(err)
	}
	for _, e := range entries {
		infos[e.Name] = e
	}
	return infos
}

// leadsNowhere reports whether all that is wrong with a profile is that it has no credentials: its section may hold settings
// for others, such as a region.
func leadsNowhere(err error, name string) bool {
	none, ok := errors.AsType[*awsconfig.NoProfileError](err)
	return ok && none.Profile == name
}

func (a *app) row(p *helper.Profile, sessions map[string]cache.Info) row {
	session := sessions[cache.Key(p.Key()).Name()]
	r := row{
		Profile: p.Name, Kind: string(p.Kind), Role: p.RoleARN, User: p.Identity(), AccessKeyID: p.KeyRef.ID,
		AccountID: p.AccountID(), resolved: p, Minted: someTime(session.Written),
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
	r.code = r.MFASerial != "" && slices.ContainsFunc(a.toMint(p, sessions), a.needsCode)
	if session.Expires.After(a.now()) {
		r.Expires = &session.Expires
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

// minted is when the last session was made; zero where there is no trace of one.
func (r row) minted() time.Time {
	if r.Minted == nil {
		return time.Time{}
	}
	return *r.Minted
}

// old reports whether the profile's own access key is to be rotated.
func (r row) old(now time.Time) bool { return r.KeyStored != nil && now.Sub(*r.KeyStored) > oldKey }
