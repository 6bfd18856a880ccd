package awsconfig

import (
	"bytes"
	"fmt"
	"strings"

	"credmint/helper"
)

// ProfileSetting is a setting and whose it is.
type ProfileSetting struct {
	Profile string
	helper.Setting
}

// Each finds a setting in every profile that has it under exactly this name, in the order the profiles stand in: those of
// the config file first. Where no file mentions it, which every git command asks, that takes one look and keeps nothing.
func (c *Config) Each(name string) ([]ProfileSetting, error) {
	var found []ProfileSetting
	seen := map[string]bool{}
	for _, profile := range append(c.config.having(name, isConfigProfile), c.credentials.having(name, isCredentialsProfile)...) {
		if seen[profile] {
			continue
		}
		seen[profile] = true
		s, err := c.profile(profile)
		if err != nil {
			return nil, fmt.Errorf("profile %q: %w", profile, err)
		}
		if set := s.exact(name); set != nil {
			found = append(found, ProfileSetting{profile, *set})
		}
	}
	return found, nil
}

// isConfigProfile and isCredentialsProfile tell the sections that are profiles in each of the files.
func isConfigProfile(h header) bool {
	return h.kind == "profile" && h.name != "" || h == (header{"", "default"})
}

func isCredentialsProfile(h header) bool { return h.kind == "" && h.name != "" }

// having names the profiles in which a line begins like the setting.
func (f *file) having(setting string, isProfile func(header) bool) []string {
	var (
		names   []string
		section []byte // the line of its header
	)
	if !f.mentions(setting) {
		return nil
	}
	f.lines(func(line []byte, _, _ int) bool {
		switch {
		case isHeader(line):
			section = line
		case beginsWith(line, setting):
			if h, ok := parseHeader(section); ok && isProfile(h) {
				names = append(names, h.name)
			}
		}
		return true
	})
	return names
}

// mentions reports whether a key with an underscore may stand somewhere in the file. Keys are read in lower case.
func (f *file) mentions(key string) bool {
	_, rest, _ := strings.Cut(key, "_")
	behind, found := []byte(rest), false
	err := f.windows(func(part []byte, _ int64) error {
		for !found {
			i := bytes.IndexByte(part, '_')
			if i < 0 {
				break
			}
			part = part[i+1:]
			found = len(part) > len(behind) && bytes.EqualFold(part[:len(behind)], behind)
		}
		return nil
	})
	return found || err != nil // and whoever reads the file then says why not
}

// beginsWith reports whether the first word of a line may be the key: keys are read in lower case.
func beginsWith(line []byte, key string) bool {
	line = bytes.TrimLeft(line, " \t")
	return len(line) > len(key) && bytes.EqualFold(line[:len(key)], []byte(key))
}
