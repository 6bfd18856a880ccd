package awsconfig

import (
	"path"

	"credmint/helper"
)

// The settings that have a say about who is answered, and whether somebody is asked first.
const (
	confirmSetting = prefix + "confirm"
	allowSetting   = prefix + "allow"
)

// rules reads what people want to be saved from.
func rules(s *section, p *helper.Profile) error {
	if set := s.exact(confirmSetting); set != nil {
		p.Confirm = isTrue(set.Value)
	}
	set := s.exact(allowSetting)
	if set == nil {
		return nil
	}
	p.Allow = words(set.Value)
	if len(p.Allow) == 0 {
		return errAt(set, "it names no program: write names, with * and ?, and commas between")
	}
	for _, pattern := range p.Allow {
		if _, err := path.Match(pattern, ""); err != nil {
			return errAt(set, "%q is no pattern of a program's name", pattern)
		}
	}
	return nil
}
