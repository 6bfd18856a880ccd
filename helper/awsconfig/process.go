package awsconfig

import (
	"encoding/hex"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"credmint/helper"
	"credmint/helper/filename"
)

// otherProcess takes the credentials of another program. A line that asks credmint for another profile is followed; one
// that asks for this profile is passed over: it is what started us.
func (r *resolver) otherProcess(s *section, serial string) (*helper.Profile, error) {
	set := s.lookup("credential_process")
	if set == nil {
		return nil, nil
	}
	if other, ours := OwnProcess(set.Value); ours {
		if other == s.name || other == "" {
			return nil, nil
		}
		return r.profile(other, serial)
	}
	command, err := commandOf(set)
	if err != nil {
		return nil, err
	}
	in := &helper.ProcessCommand{Command: command}
	p := &helper.Profile{Name: s.name, Kind: helper.Process, Inputs: in}
	in.Parents, err = r.parents(p, set)
	return p, err
}

// parents is what helper.ParentVariable will be for the program of a profile. It is an error if that profile waits for us
// already, or if more do than a chain may have links.
func (r *resolver) parents(p *helper.Profile, set *helper.Setting) (string, error) {
	key := p.Key()
	id := hex.EncodeToString(key[:8])
	before := r.getenv(helper.ParentVariable)
	if before == "" {
		return id + ":" + p.Name, nil
	}
	var names []string
	loop := false
	for parent := range strings.SplitSeq(before, ";") {
		key, name, _ := strings.Cut(parent, ":")
		names = append(names, name)
		loop = loop || key == id
	}
	way := strings.Join(append(names, p.Name), " → ")
	switch {
	case loop:
		return "", errAt(set, "the program asks credmint for what credmint asks it: %s", way)
	case len(names) >= maxLinks:
		return "", errAt(set, "more than %d programs wait for each other: %s", maxLinks, way)
	}
	return before + ";" + id + ":" + p.Name, nil
}

// OwnProcess reports whether a credential_process line runs credmint, and which profile it asks for. To a credmint on Linux,
// credmint.exe is another program, which WSL runs: it has profiles and a keychain of its own.
func OwnProcess(line string) (profile string, ours bool) {
	args, err := splitWords(line)
	if err != nil || len(args) < 2 || args[1] != "aws" {
		return "", false
	}
	base := strings.ToLower(filename.Base(strings.ReplaceAll(args[0], `\`, "/")))
	if runtime.GOOS == "windows" {
		base = strings.TrimSuffix(base, ".exe")
	}
	if base != "credmint" {
		return "", false
	}
	for _, arg := range args[2:] {
		if !strings.HasPrefix(arg, "-") {
			return arg, true
		}
	}
	return "", true
}

// Asked reports whether the SDKs ask credmint for a profile: whether its credential_process line does. before is a setting
// of the same section that they follow without looking at that line, and nil where there is none. ErrNoProfile says that
// the files have no such section.
func (c *Config) Asked(profile string) (asked bool, before *helper.Setting, err error) {
	s, err := c.profile(profile)
	if err != nil {
		return false, nil, err
	}
	if !s.found {
		return false, nil, ErrNoProfile
	}
	line := s.exact(processSetting)
	if line == nil {
		return false, nil, nil
	}
	if other, ours := OwnProcess(line.Value); !ours || other != "" && other != profile {
		return false, nil, nil
	}
	if first := s.followedFirst(); len(first) > 0 {
		before = &first[0]
	}
	return true, before, nil
}

// Own is what stands between a profile and credmint.
type Own struct {
	Process string           // its credential_process line, whatever that runs; empty: none
	Before  []helper.Setting // what SDKs follow without looking at such a line
	Key     bool             // one of these is an access key, which no other name hides
	Twice   *helper.Setting  // one of these that stands there with credmint's prefix as well, be it empty; nil: none does
}

// Own reads what a profile's section has for SDKs. ErrNoProfile says that the files have no such section.
func (c *Config) Own(profile string) (Own, error) {
	s, err := c.profile(profile)
	if err != nil {
		return Own{}, fmt.Errorf("profile %q: %w", profile, err)
	}
	if !s.found {
		return Own{}, fmt.Errorf("profile %q: %w: there is no such profile in %s", profile, ErrNoProfile, c.config.path)
	}
	own := Own{Before: s.followed()}
	if line := s.exact(processSetting); line != nil {
		own.Process = line.Value
	}
	for i := range own.Before {
		own.Key = own.Key || own.Before[i].Name == "aws_access_key_id"
		if slices.ContainsFunc(s.props, func(set helper.Setting) bool { return set.Name == prefix+own.Before[i].Name }) {
			own.Twice = &own.Before[i]
		}
	}
	return own, nil
}

// ProcessProgram is the program that a credential_process line runs, as the line names it: a path, or a name to be found on
// PATH.
func ProcessProgram(line string) (string, error) {
	words, err := splitCommand(line)
	if err != nil {
		return "", err
	}
	return words[0], nil
}
