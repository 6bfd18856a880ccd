package main

import (
	"context"
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
		f.File, f.Mend = path, "credmint import "+shellPath(path)
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
		findings = append(findings, at(warning("the access key of profile %s", set.Profile), set.Setting, takeKeys))
	}
	return findings
}

// takeKeys is how keys that lie in the shared files get into the keychain, and out of there.
const takeKeys = "credmint import " + fromAWS
