package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"credmint/cmd/credmint/kept"
	"credmint/helper/doctor"
	"credmint/helper/plaintext"
)

// plaintextCheck finds secrets that lie in the open. It asks none of git's helpers for theirs.
type plaintextCheck struct{ *app }

func (plaintextCheck) Name() string { return "plaintext" }

func (c plaintextCheck) Look(ctx context.Context) ([]doctor.Finding, error) {
	var findings []doctor.Finding
	git, _ := readGitConfig(ctx) // what is wrong with it is told elsewhere; the well-known files are looked into all the same
	var sources []plaintext.Source
	for _, path := range c.gitCredentialFiles(git) {
		sources = append(sources, &plaintext.GitCredentials{Path: path, Logins: c.savedLogins()})
	}
	for _, path := range netrcFiles() {
		sources = append(sources, &plaintext.Netrc{Path: path, Logins: c.savedLogins()})
	}
	for _, source := range sources {
		lying, err := source.Find(ctx)
		if err != nil {
			findings = append(findings, warning("%v", err))
		}
		for _, l := range lying {
			findings = append(findings, loginFinding(source, l))
		}
	}
	findings = append(findings, c.keys()...)
	downloads, _ := filepath.Glob(filepath.Join(kept.Home(), "Downloads", "*_accessKeys*.csv")) // the pattern is a good one
	for _, path := range downloads {
		f := warning("an access key, as the console let you download it")
		f.File, f.Mend = path, fmt.Sprintf("credmint add --csv %s PROFILE && rm %s", shellPath(path), shellPath(path))
		findings = append(findings, f)
	}
	if !worse(findings) {
		findings = append([]doctor.Finding{fine("no password or access key lies in the open")}, findings...)
	}
	return findings, nil
}

func loginFinding(source plaintext.Source, l plaintext.Found) doctor.Finding {
	f := warning("%s, with its password", l.Name)
	f.Mend = "credmint import " + source.Name()
	if l.Secret == nil {
		f = note("%s: %s", l.Name, l.Stays)
	}
	f.File, f.Line = l.Where, l.Line
	return f
}

// keys are the long-lived ones of the shared AWS files; a session token beside one says that it is not.
func (c plaintextCheck) keys() []doctor.Finding {
	config, err := c.awsConfig()
	if err != nil {
		return nil // told elsewhere
	}
	secrets, err := config.Each("aws_secret_access_key")
	if err != nil {
		return nil
	}
	var findings []doctor.Finding
	for _, set := range secrets {
		if key, err := config.Credentials(set.Profile); err != nil || key.SessionToken != "" {
			continue
		}
		if asked, _, err := config.Asked(set.Profile); err == nil && asked {
			continue // SDKs follow it first, which is told there
		}
		findings = append(findings, at(warning("the access key of profile %s", set.Profile), set.Setting, c.takeKey(set.Profile)))
	}
	return findings
}

// takeKey is how the key that lies in a profile's section gets into the keychain, if it is not there already, and out of
// the file.
func (a *app) takeKey(profile string) string {
	config, err := a.awsConfig()
	if err != nil {
		return ""
	}
	var id, file string
	var lines []int
	for _, name := range []string{"aws_access_key_id", "aws_secret_access_key"} {
		settings, _ := config.Each(name)
		for _, set := range settings {
			if set.Profile == profile {
				file, lines = set.File, append(lines, set.Line)
				id = cmp.Or(id, set.Value)
			}
		}
	}
	remove := removeLines(file, lines...)
	if ref, kept, err := a.keyRef(profile); err == nil && kept && ref.ID == id {
		return remove
	}
	return fmt.Sprintf("credmint add %s && %s", profile, remove)
}
