package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"credmint/cmd/credmint/kept"
	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/doctor"
	"credmint/helper/shellword"
)

// configCheck reads every section of the shared AWS files and follows every profile's chain.
type configCheck struct{ *app }

func (configCheck) Name() string { return "config" }

func (c configCheck) Look(context.Context) ([]doctor.Finding, error) {
	config, err := c.awsConfig()
	if err != nil {
		return nil, err
	}
	names, err := c.kept.ProfileNames(config)
	if err != nil {
		return nil, err
	}
	findings := c.chains(config, names)
	for _, o := range config.Lint() {
		findings = append(findings, c.oddity(config, o))
	}
	switch {
	case len(names) == 0:
		nothing := note("there are no profiles yet")
		nothing.Mend = "credmint add PROFILE   # an access key; IAM Identity Center: write an [sso-session], then credmint sync"
		findings = append(findings, nothing)
	case !worse(findings):
		findings = append([]doctor.Finding{fine("%s, each with a chain that leads somewhere and settings that are read", count(len(names), "profile"))}, findings...)
	}
	return findings, nil
}

// worse reports whether there is anything to mend.
func worse(findings []doctor.Finding) bool {
	for _, f := range findings {
		if f.Level == doctor.Warning || f.Level == doctor.Fault {
			return true
		}
	}
	return false
}

// chains resolves every profile. What is wrong with one is told once, and not again for each that begins with it.
func (c configCheck) chains(config *awsconfig.Config, names []string) []doctor.Finding {
	var findings []doctor.Finding
	var told []error
	for _, name := range names {
		_, err := config.Profile(name, c.keyRef)
		if err == nil {
			continue
		}
		f, wrong := c.chain(config, name, err)
		if !wrong || slices.ContainsFunc(told, func(t error) bool { return sameFault(t, err) }) {
			continue
		}
		told = append(told, err)
		findings = append(findings, f)
	}
	return findings
}

// sameFault reports whether two profiles have one thing wrong: they share a circle, or one's chain begins with the other.
func sameFault(a, b error) bool {
	one, ok := errors.AsType[*awsconfig.EndlessError](a)
	if other, both := errors.AsType[*awsconfig.EndlessError](b); ok && both && one.Circle && other.Circle {
		return slices.Contains(other.Profiles, one.Profiles[0])
	}
	return strings.HasSuffix(a.Error(), b.Error()) || strings.HasSuffix(b.Error(), a.Error())
}

// chain is what is wrong with a profile; wrong is false for one that only holds settings for others, such as a region.
func (c configCheck) chain(config *awsconfig.Config, name string, err error) (f doctor.Finding, wrong bool) {
	f = fault("%s", err)
	if setting, ok := errors.AsType[*awsconfig.SettingError](err); ok {
		set := setting.Setting
		f.What = fmt.Sprintf("profile %q: %s: %v", name, set.Name, setting.Err)
		return at(f, set, editLine(set)), true
	}
	if !errors.Is(err, awsconfig.ErrNoProfile) {
		if set, ok := c.source(config, name); ok {
			return at(f, set, editLine(set)), true
		}
		f.Mend = editLine(helper.Setting{File: awsconfig.ConfigFile(c.getenv, kept.Home())})
		return f, true
	}
	asked, _, askErr := config.Asked(name)
	f.Mend = "credmint add " + shellword.Argument(name)
	return f, asked && askErr == nil
}

// source is where a profile says what it is made from.
func (c configCheck) source(config *awsconfig.Config, name string) (helper.Setting, bool) {
	for _, setting := range []string{"credmint_source_profile", "source_profile", "credential_process"} {
		settings, err := config.Each(setting)
		if err != nil {
			continue
		}
		for _, s := range settings {
			if s.Profile == name {
				return s.Setting, true
			}
		}
	}
	return helper.Setting{}, false
}

// oddity tells of one of awsconfig's.
func (c configCheck) oddity(config *awsconfig.Config, o awsconfig.Oddity) doctor.Finding {
	set := o.Setting
	switch o.Kind {
	case awsconfig.Misspelt:
		f := warning("[%s]: nobody reads %s: %s is meant?", o.Section, set.Name, o.Meant)
		if strings.HasPrefix(o.Meant, "credmint_") {
			f.Level = doctor.Fault // what it narrows or asks for is not
		}
		return at(f, set, replaceInLine(set, set.Name, o.Meant))
	case awsconfig.Unread:
		return at(fault("[%s]: credmint does not read %s", o.Section, set.Name), set, replaceInLine(set, set.Name, strings.TrimPrefix(set.Name, "credmint_")))
	case awsconfig.WrongHeader:
		f := warning("nobody reads [%s] there", o.Section)
		if o.Meant == "" {
			return at(f, set, editLine(set))
		}
		f.What += fmt.Sprintf(": [%s] is meant?", o.Meant)
		return at(f, set, replaceInLine(set, o.Section, o.Meant))
	case awsconfig.LoneQuote:
		return at(fault("[%s]: %s is a lone quote, at which programs of the Go SDK crash", o.Section, set.Name), set, editLine(set))
	case awsconfig.FollowedFirst:
		return c.followedFirst(config, o)
	}
	return at(note("[%s]: %s is no setting of AWS's or credmint's", o.Section, set.Name), set, "")
}

// followedFirst has SDKs pass over a setting that they would follow, which loses nothing: credmint reads it under the other
// name, too.
func (c configCheck) followedFirst(shared *awsconfig.Config, o awsconfig.Oddity) doctor.Finding {
	set := o.Setting
	f := fault("profile %q: SDKs follow %s, and do not ask credmint", o.Section, set.Name)
	config := awsconfig.ConfigFile(c.getenv, kept.Home())
	switch {
	case o.Meant == "":
		f.What = fmt.Sprintf("profile %q: SDKs use the key that lies there, and do not ask credmint", o.Section)
		return at(f, set, takeKeys)
	case set.File != config:
		return at(f, set, replaceInLine(set, set.Name, o.Meant))
	}
	adopted, err := c.adopt(shared, o.Section)
	if err != nil {
		return at(f, set, "credmint setup aws "+shellword.Argument(o.Section)) // which says what is in the way
	}
	f.Fix = func() (string, error) {
		return fmt.Sprintf("%s:%d: %s: now written %s", tilde(set.File), set.Line, strings.Join(adopted.renamed, ", "), adopted.names()), adopted.write(config)
	}
	return at(f, set, byFix)
}
