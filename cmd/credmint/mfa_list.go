package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"credmint/cmd/credmint/kept"
)

type mfaListCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// mfaRow is what the list shows of a device; none of it is secret.
type mfaRow struct {
	Serial   string     `json:"serial"`
	Profiles []string   `json:"profiles"` // those that name it themselves, or through a source_profile
	Stored   *time.Time `json:"stored,omitempty"`
}

// Run reads files only: the keychain is not asked.
func (c *mfaListCmd) Run(_ context.Context, a *app) error {
	rows, err := a.mfaRows()
	if err != nil {
		return err
	}
	if c.JSON {
		return a.printJSON(rows)
	}
	if len(rows) == 0 {
		a.tell("no seed of an MFA device is kept: `credmint mfa add` keeps one")
		return nil
	}
	t := a.table("DEVICE", "PROFILES", "STORED")
	for _, r := range rows {
		stored := "-"
		if r.Stored != nil {
			stored = ago(a.now().Sub(*r.Stored))
		}
		t.row(r.Serial, orDash(strings.Join(r.Profiles, ", ")), stored)
	}
	return t.Flush()
}

func (a *app) mfaRows() ([]mfaRow, error) {
	config, err := a.awsConfig()
	if err != nil {
		return nil, err
	}
	k, err := a.keychain()
	if err != nil {
		return nil, err
	}
	entries, err := k.List(kept.SeedPrefix)
	if err != nil {
		return nil, err
	}
	profiles := map[string][]string{}
	for _, name := range config.Names() {
		if serial, err := config.Device(name); err == nil { // what is wrong with a profile, `credmint list` says
			profiles[serial] = append(profiles[serial], name)
		}
	}
	rows := make([]mfaRow, 0, len(entries))
	for _, e := range entries {
		row := mfaRow{Serial: e.About[kept.AboutSerial], Profiles: slices.Clip(profiles[e.About[kept.AboutSerial]])}
		if row.Profiles == nil {
			row.Profiles = []string{}
		}
		if stored, err := time.Parse(time.RFC3339, e.About[kept.AboutCreated]); err == nil {
			row.Stored = &stored
		}
		rows = append(rows, row)
	}
	return rows, nil
}
