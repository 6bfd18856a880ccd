package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/atomicfile"
	"credmint/helper/doctor"
	"credmint/helper/program"
	"credmint/helper/shellword"
)

// dockerCheck looks at whom docker asks for logins, and for those that it keeps in the open.
type dockerCheck struct{ *app }

func (dockerCheck) Name() string { return "docker" }

// dockerConfig is the part of docker's config that is about logins:
// https://docs.docker.com/reference/cli/docker/login/#credential-stores.
type dockerConfig struct {
	Store   string            `json:"credsStore"`
	Helpers map[string]string `json:"credHelpers"`
	Auths   map[string]struct {
		Auth string `json:"auth"`
	} `json:"auths"`
}

func (c dockerCheck) Look(context.Context) ([]doctor.Finding, error) {
	dir := c.getenv("DOCKER_CONFIG")
	if dir == "" {
		dir = filepath.Join(kept.Home(), ".docker")
	}
	path := filepath.Join(dir, "config.json")
	data, err := atomicfile.ReadLinked(path, 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return []doctor.Finding{fine("it has no config here")}, nil
	}
	var config dockerConfig
	if err == nil {
		err = json.Unmarshal(data, &config)
	}
	if err != nil {
		return nil, fmt.Errorf("read docker's config: %s: %w", path, err)
	}
	findings := config.look(path)
	if len(findings) == 0 {
		findings = append(findings, fine("its credential helpers are there, and no login lies in its config"))
	}
	return findings, nil
}

func (d dockerConfig) look(path string) []doctor.Finding {
	var findings []doctor.Finding
	wanted := map[string]string{} // helper to what asks for it
	if d.Store != "" {
		wanted[d.Store] = "credsStore"
	}
	for _, host := range slices.Sorted(maps.Keys(d.Helpers)) {
		wanted[d.Helpers[host]] = "credHelpers of " + host
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if _, err := program.Find("docker-credential-" + name); err != nil {
			f := fault("%s: docker-credential-%s is not on PATH", wanted[name], name)
			f.File, f.Mend = path, editLine(helper.Setting{File: path})
			if name == "credmint" {
				f.Mend = "./install.sh   # in a checkout of credmint"
			}
			findings = append(findings, f)
		}
	}
	for _, host := range slices.Sorted(maps.Keys(d.Auths)) {
		if d.Auths[host].Auth != "" {
			f := warning("the login of %s lies in the open", host)
			f.File, f.Mend = path, "docker logout "+shellword.Quote(host)+`   # then set "credsStore": "credmint" and log in again`
			findings = append(findings, f)
		}
	}
	return findings
}
