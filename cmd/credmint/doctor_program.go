package main

import (
	"context"
	"os"

	"credmint/helper/doctor"
	"credmint/helper/program"
)

// programCheck finds out whether a person who types credmint gets this program.
type programCheck struct{ *app }

func (programCheck) Name() string { return "program" }

func (c programCheck) Look(context.Context) ([]doctor.Finding, error) {
	self, err := selfPath()
	if err != nil {
		return nil, err
	}
	onPath, err := program.Find("credmint")
	if err != nil {
		return []doctor.Finding{warning("credmint is not on PATH; this is %s", tilde(self))}, nil
	}
	if !sameFile(onPath, self) {
		return []doctor.Finding{warning("the credmint on PATH is %s, and this is %s", tilde(onPath), tilde(self))}, nil
	}
	return []doctor.Finding{fine("credmint %s, %s", thisBuild().Version, tilde(self))}, nil
}

func sameFile(a, b string) bool {
	one, err1 := os.Stat(a)
	other, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(one, other)
}
