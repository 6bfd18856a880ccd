package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"credmint/cmd/credmint/kept"
	"credmint/helper/atomicfile"
	"credmint/helper/awsconfig"
	"credmint/helper/doctor"
)

// permissionsCheck finds what other users of the machine could change or read.
type permissionsCheck struct{ *app }

func (permissionsCheck) Name() string { return "permissions" }

func (c permissionsCheck) Look(context.Context) ([]doctor.Finding, error) {
	if runtime.GOOS == "windows" {
		return []doctor.Finding{note("the access list of your user's folder keeps others out")}, nil
	}
	var findings []doctor.Finding
	looked := 0
	for _, p := range c.places() {
		info, err := os.Stat(p.path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode()&fs.ModeDevice != 0 { // the null device, say, which keeps nothing
			continue
		}
		if err != nil {
			return findings, err
		}
		looked++
		if f, odd := p.look(info); odd {
			findings = append(findings, f)
		}
	}
	if len(findings) == 0 {
		findings = append(findings, fine("others can change none of the %d files and directories looked at, and read no secret", looked))
	}
	return findings, nil
}

// guarded is a file or a directory that others may not write to, nor read where it is secret.
type guarded struct {
	path   string
	secret bool
}

func (c permissionsCheck) places() []guarded {
	home := kept.Home()
	config, credentials := awsconfig.ConfigFile(c.getenv, home), awsconfig.CredentialsFile(c.getenv, home)
	var places []guarded
	for _, path := range append(waysTo(config), waysTo(filepath.Dir(credentials))...) {
		if p := (guarded{path, false}); !slices.Contains(places, p) {
			places = append(places, p)
		}
	}
	places = append(places, []guarded{
		{credentials, true},
		{filepath.Join(home, ".aws", "sso", "cache"), false},
		{filepath.Join(home, ".aws", "login", "cache"), false},
		{filepath.Join(home, ".gitconfig"), false},
		{filepath.Join(home, ".git-credentials"), true},
		{filepath.Join(home, ".netrc"), true},
	}...)
	if dir, err := c.kept.DataDir(); err == nil {
		places = append(places, guarded{dir, true}, guarded{filepath.Join(dir, "index"), true}, guarded{filepath.Join(dir, "secrets"), true})
	}
	if dir := c.sessions().Dir.Path; dir != "" {
		places = append(places, guarded{filepath.Dir(dir), true}, guarded{dir, true})
	}
	return places
}

func (p guarded) look(info fs.FileInfo) (f doctor.Finding, odd bool) {
	mode := info.Mode().Perm()
	mended := mode &^ 0o022
	reason := atomicfile.Changeable(info)
	if p.secret {
		reason = atomicfile.Distrust(info)
	}
	switch {
	case reason == atomicfile.Foreign:
		f = fault("%v", reason)
		f.Mend = "sudo chown $USER " + shellPath(p.path)
	case p.secret && mode&0o077 != 0:
		mended = mode &^ 0o077
		f = fault("others can read it: its mode is %04o", mode)
	case reason != "":
		f = fault("%v: its mode is %04o", reason, mode)
	default:
		return f, false
	}
	f.File = p.path
	if f.Mend == "" {
		f.Mend = fmt.Sprintf("chmod %o %s", mended, shellPath(p.path))
		f.Fix = func() (string, error) {
			return fmt.Sprintf("chmod %o %s", mended, tilde(p.path)), os.Chmod(p.path, mended)
		}
	}
	return f, true
}
