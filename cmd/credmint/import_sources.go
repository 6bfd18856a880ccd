package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"credmint/cmd/credmint/kept"
	"credmint/helper/gitcred"
	"credmint/helper/plaintext"
)

// The names of the sources, as people type them. Git's own helpers follow.
const (
	fromAWS            = "aws-credentials"
	fromGitCredentials = "git-credentials"
	fromNetrc          = "netrc"
	fromGitRemotes     = "git-remotes"
	fromAWSVault       = "aws-vault"
	fromGranted        = "granted"
)

// importFiles are the sources that are files with a place of their own.
func importFiles() []string {
	return []string{fromAWS, fromAWSVault, fromGranted, fromGitCredentials, fromNetrc, fromGitRemotes}
}

// importHelpers are the credential helpers of git, and of its packages, that keep logins.
func importHelpers() []string {
	return []string{"cache", "libsecret", "osxkeychain", "wincred", "manager"}
}

// sources are those that were named; else the files that have a place of their own, and the helpers that git is configured with. A repository's config
// may be a stranger's, and is looked into when it is named alone.
func (c *importCmd) sources(ctx context.Context, a *app) ([]plaintext.Source, error) {
	if kept.Home() == "" {
		return nil, errors.New("there is no home directory: HOME is not set")
	}
	git, err := readGitConfig(ctx)
	if err != nil {
		return nil, err
	}
	names := c.Source
	switch {
	case len(names) == 0 && c.Repository != "":
		names = []string{fromGitRemotes}
	case len(names) == 0:
		names = append([]string{fromAWS, fromGitCredentials, fromNetrc}, git.helpers()...)
	}
	hosts, err := c.hosts(ctx, git)
	if err != nil {
		return nil, err
	}
	var sources []plaintext.Source
	for _, name := range names {
		switch {
		case isKeyFile(name):
			sources = append(sources, c.keyFile(a, name))
		case name == fromAWSVault || name == fromGranted:
			sources = append(sources, c.keyrings(a, name)...)
		case name == fromAWS:
			sources = append(sources, &plaintext.AWSFiles{Load: a.kept.LoadConfig, Keys: c.keys(a, "")})
		case name == fromGitCredentials:
			for _, path := range a.gitCredentialFiles(git) {
				sources = append(sources, &plaintext.GitCredentials{Path: path, Logins: a.savedLogins()})
			}
		case name == fromNetrc:
			for _, path := range netrcFiles() {
				sources = append(sources, &plaintext.Netrc{Path: path, Logins: a.savedLogins()})
			}
		case git.program == "" && (name == fromGitRemotes || slices.Contains(importHelpers(), name)):
			return nil, fmt.Errorf("git cannot be asked for what %s has: it is not installed", name)
		case name == fromGitRemotes:
			path, err := git.repositoryConfig(ctx, c.Repository)
			if err != nil {
				return nil, err
			}
			sources = append(sources, &plaintext.GitRemotes{Path: path, Git: git.program, Logins: a.savedLogins()})
		case slices.Contains(importHelpers(), name):
			sources = append(sources, &plaintext.GitHelper{
				Helper: name, Git: git.program, Hosts: hosts, Logins: a.savedLogins(), Asking: a.asking(name),
			})
		default:
			return nil, &usageError{fmt.Errorf("%q is no source: there are %s, files (.csv, .env), and git's helpers %s",
				name, strings.Join(importFiles(), ", "), strings.Join(importHelpers(), ", "))}
		}
	}
	return sources, nil
}

// asking tells a person at a terminal which of git's helpers is asked: that may take a while, and the helper have the
// terminal meanwhile, to ask for a passphrase on. So the line is written before it has, and not wiped.
func (a *app) asking(name string) func(hosts int) {
	return func(hosts int) {
		if a.draws() {
			a.tell("asking git's helper %s for the logins of %s …", name, count(hosts, "host"))
		}
	}
}

// gitCredentialFiles are those git's store helper reads: its own two, and those that git's configuration names.
// See https://git-scm.com/docs/git-credential-store#FILES.
func (a *app) gitCredentialFiles(git gitConfig) []string {
	config := a.getenv("XDG_CONFIG_HOME")
	if config == "" {
		config = filepath.Join(kept.Home(), ".config")
	}
	files := []string{filepath.Join(kept.Home(), ".git-credentials"), filepath.Join(config, "git", "credentials")}
	for _, path := range git.storeFiles() {
		if !slices.Contains(files, path) {
			files = append(files, path)
		}
	}
	return files
}

// netrcFiles are those curl reads. On Windows it looks for both names.
func netrcFiles() []string {
	files := []string{filepath.Join(kept.Home(), ".netrc")}
	if runtime.GOOS == "windows" {
		files = append(files, filepath.Join(kept.Home(), "_netrc"))
	}
	return files
}

// hosts are those to ask a helper for, since none can list what it has.
func (c *importCmd) hosts(ctx context.Context, git gitConfig) ([]gitcred.Credential, error) {
	var hosts []gitcred.Credential
	for _, text := range c.Host {
		url := text
		if !strings.Contains(url, "://") {
			url = "https://" + url
		}
		host, err := gitcred.ParseURL(url)
		if err != nil || !host.NamesHost() || host.Password.IsSet() {
			return nil, &usageError{errors.New("--host takes [PROTOCOL://][USER@]HOST")}
		}
		hosts = append(hosts, host)
	}
	if len(hosts) > 0 {
		return hosts, nil
	}
	for _, host := range []string{"github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "dev.azure.com"} {
		hosts = append(hosts, gitcred.Credential{Protocol: gitcred.Some("https"), Host: gitcred.Some(host)})
	}
	own, err := git.hosts(ctx)
	return append(own, hosts...), err
}
