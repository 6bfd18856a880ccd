package main

import (
	"context"
	"errors"
	"fmt"

	"credmint/cmd/credmint/kept"
	"credmint/helper/awsconfig"
	"credmint/helper/doctor"
	"credmint/helper/program"
)

// processCheck looks at what the credential_process lines run. It runs none of it.
type processCheck struct{ *app }

func (processCheck) Name() string { return "processes" }

func (c processCheck) Look(context.Context) ([]doctor.Finding, error) {
	config, err := c.awsConfig()
	if err != nil {
		return []doctor.Finding{note("the AWS config cannot be read")}, nil
	}
	var findings []doctor.Finding
	lines := 0
	for _, name := range []string{"credential_process", "credmint_credential_process"} {
		settings, err := config.Each(name)
		if err != nil {
			return []doctor.Finding{note("the AWS config cannot be read")}, nil
		}
		for _, set := range settings {
			lines++
			if f, odd := c.line(config, set); odd {
				findings = append(findings, f)
			}
		}
	}
	switch {
	case lines == 0:
		findings = append(findings, note("the AWS config has no credential_process line"))
	case len(findings) == 0:
		findings = append(findings, fine("%s, each with a program that is there", count(lines, "credential_process line")))
	}
	return findings, nil
}

func (c processCheck) line(config *awsconfig.Config, set awsconfig.ProfileSetting) (f doctor.Finding, odd bool) {
	name, err := awsconfig.ProcessProgram(set.Value)
	if err != nil {
		return at(fault("profile %q: %s: %v", set.Profile, set.Name, err), set.Setting, editLine(set.Setting)), true
	}
	path, err := program.Find(name)
	other, ours := awsconfig.OwnProcess(set.Value)
	if !ours || set.Name != "credential_process" {
		f = fault("profile %q: the program is not there: %v", set.Profile, err)
		return at(f, set.Setting, editLine(set.Setting)), err != nil
	}
	self, selfErr := selfPath()
	switch {
	case err != nil:
		return c.gone(set, other, name), true
	case selfErr == nil && !sameFile(path, self):
		f = warning("profile %q: it runs another credmint than this one, %s", set.Profile, tilde(self))
		return at(f, set.Setting, replaceInLine(set.Setting, name, programWord(self))), true
	case misread(set.Value) != "":
		return c.rewritten(warning("profile %q: %s", set.Profile, misread(set.Value)), set, other), true
	case other == "" && set.Profile != "default":
		f = warning("profile %q: the line names no profile: credmint answers for AWS_PROFILE, else for default", set.Profile)
		return at(f, set.Setting, editLine(set.Setting)), true
	case other != "" && other != set.Profile:
		_, err := config.Profile(other, c.keyRef)
		f = fault("profile %q: it asks for a profile that leads nowhere: %v", set.Profile, err)
		return at(f, set.Setting, editLine(set.Setting)), errors.Is(err, awsconfig.ErrNoProfile)
	}
	return f, false
}

// gone is a line whose credmint is not there. That it names this one instead loses nothing.
func (c processCheck) gone(set awsconfig.ProfileSetting, other, name string) doctor.Finding {
	return c.rewritten(fault("profile %q: there is no credmint at %s", set.Profile, name), set, other)
}

// rewritten mends a line by writing it as setup would, where it asks for its own profile.
func (c processCheck) rewritten(f doctor.Finding, set awsconfig.ProfileSetting, other string) doctor.Finding {
	config := awsconfig.ConfigFile(c.getenv, kept.Home())
	line, err := processLine(set.Profile)
	if other != set.Profile || set.File != config || err != nil || line == set.Value {
		return at(f, set.Setting, editLine(set.Setting))
	}
	f.Fix = func() (string, error) {
		_, err := awsconfig.SetProcess(config, set.Profile, line, false)
		return fmt.Sprintf("%s:%d: credential_process = %s", tilde(set.File), set.Line, line), err
	}
	return at(f, set.Setting, byFix)
}
