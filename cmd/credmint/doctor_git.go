package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"credmint/helper/codecommit"
	"credmint/helper/doctor"
	"credmint/helper/program"
	"credmint/helper/shellword"
)

// gitCheck looks at whom git asks for passwords, in which order, and what this git can do.
type gitCheck struct{ *app }

func (gitCheck) Name() string { return "git" }

// someRepository stands for all of CodeCommit's.
const someRepository = "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/any"

func (c gitCheck) Look(ctx context.Context) ([]doctor.Finding, error) {
	config, err := readGitConfig(ctx)
	if err != nil {
		return nil, err
	}
	if config.program == "" {
		return []doctor.Finding{note("git is not installed")}, nil
	}
	version, err := c.version(ctx, config.program)
	if err != nil {
		return nil, err
	}
	findings := append(c.missing(ctx, config), rivalFindings(config)...)
	if f, odd, err := c.path(ctx, config); err != nil || odd {
		findings = append(findings, f)
	}
	if !worse(findings) && asksUs(config) {
		findings = append(findings, fine("it asks credmint, and nobody beside"))
	}
	if !asksUs(config) {
		f := note("it does not ask credmint for passwords")
		f.Mend = "credmint setup git   # for CodeCommit; --all-hosts for all others, too"
		findings = append(findings, f)
	}
	return append(findings, version), nil
}

func asksUs(config gitConfig) bool {
	return slices.ContainsFunc(config.lines, func(l gitConfigLine) bool {
		_, ours := codecommit.HelperProfile(l.value)
		return ours && isHelper(l.key)
	})
}

// version tells what this git does not do yet.
func (c gitCheck) version(ctx context.Context, git string) (doctor.Finding, error) {
	out, err := program.Output(ctx, program.Command(ctx, git, "version"), 4096)
	if err != nil {
		return doctor.Finding{}, err
	}
	text := strings.TrimSpace(string(out))
	var major, minor int
	if _, err := fmt.Sscanf(text, "git version %d.%d", &major, &minor); err != nil {
		return note("%q is a version that is not understood", text), nil
	}
	for _, lacks := range []struct {
		since int
		what  string
	}{
		{26, "takes no * in a host: name the hosts with `credmint setup git HOST`"},
		{40, "does not learn when a password ends, so other helpers may keep it for longer"},
		{41, "does not tell a host's challenge, by which GitLab, Gitea and Forgejo are known"},
		{46, "does not know which logins are not to be kept, so other helpers may keep them"},
	} {
		if major < 2 || major == 2 && minor < lacks.since {
			return note("%s %s (2.%d does)", text, lacks.what, lacks.since), nil
		}
	}
	return fine("%s does all that credmint can use", text), nil
}

// missing finds helpers that git would ask and that are not there.
func (c gitCheck) missing(ctx context.Context, config gitConfig) []doctor.Finding {
	var findings []doctor.Finding
	told := map[string]bool{}
	for _, l := range config.lines {
		name, known := codecommit.HelperProgram(l.value)
		if !isHelper(l.key) || !known || told[name] {
			continue
		}
		if _, err := program.Find(name); err == nil || isGits(ctx, config.program, name) {
			continue
		}
		told[name] = true
		f := fault("%s = %s: there is no %s", l.key, l.value, name)
		f.File, f.Mend = strings.TrimPrefix(l.origin, "file:"), mendHelper(l)
		findings = append(findings, f)
	}
	return findings
}

// isGits reports whether a program comes with git, which finds those first.
func isGits(ctx context.Context, git, name string) bool {
	out, err := program.Output(ctx, program.Command(ctx, git, "--exec-path"), 4096)
	if err != nil {
		return false
	}
	_, err = program.Find(filepath.Join(strings.TrimSpace(string(out)), filepath.Base(name)))
	return err == nil
}

// mendHelper writes our lines again where the line is ours, and else takes it out.
func mendHelper(l gitConfigLine) string {
	if _, ours := codecommit.HelperProfile(l.value); ours {
		return setUpLine(l.key)
	}
	return fmt.Sprintf("git config --file %s --unset-all %s '^%s$'",
		shellPath(strings.TrimPrefix(l.origin, "file:")), shellword.Quote(l.key), strings.ReplaceAll(regexp.QuoteMeta(l.value), "'", "."))
}

// setUpLine is what writes the lines of a key again.
func setUpLine(key string) string {
	url := strings.TrimSuffix(strings.TrimPrefix(key, "credential."), ".helper")
	switch {
	case key == allHosts:
		return "credmint setup git --all-hosts"
	case strings.Contains(url, "*"): // none but CodeCommit's are written so
		return "credmint setup git"
	}
	return "credmint setup git " + shellword.Quote(url)
}

// rivalFindings are helpers that git asks beside credmint for the same hosts: they are asked first, or told to keep what
// credmint gave.
func rivalFindings(config gitConfig) []doctor.Finding {
	var findings []doctor.Finding
	told := map[gitConfigLine]bool{}
	for _, l := range config.lines {
		if _, ours := codecommit.HelperProfile(l.value); !ours || !isHelper(l.key) {
			continue
		}
		before := true
		for _, other := range config.asked(l.key) {
			if _, ours := codecommit.HelperProfile(other.value); ours {
				before = false
				continue
			}
			if told[other] {
				continue
			}
			told[other] = true
			when := "after credmint, and tells it to keep what credmint gave"
			if before {
				when = "before credmint"
			}
			f := warning("%s = %s is asked %s", other.key, other.value, when)
			f.File, f.Mend = strings.TrimPrefix(other.origin, "file:"), setUpLine(l.key)
			findings = append(findings, f)
		}
	}
	return findings
}

// path finds out whether git says which repository of CodeCommit it asks for.
func (c gitCheck) path(ctx context.Context, config gitConfig) (f doctor.Finding, odd bool, err error) {
	asked, err := gitSetting(ctx, config.program, someRepository, "credential.helper")
	if _, ours := codecommit.HelperProfile(asked); err != nil || !ours {
		return f, false, err
	}
	useHTTPPath, err := gitSetting(ctx, config.program, someRepository, "credential.useHttpPath", "--type=bool")
	f = fault("credential.useHttpPath is not true for CodeCommit: git does not say which repository it asks for, and nothing is signed")
	f.Mend = "credmint setup git"
	return f, useHTTPPath != "true", err
}
