package awsconfig

import (
	"credmint/helper"
)

// PlainKey is an access key that stands in one of the shared files.
type PlainKey struct {
	helper.Unwritten

	Profile string
	File    string
	Line    int // of the secret
	Key     helper.AccessKey
	Stays   string // why programs could not do without it there; empty where they could
}

// PlainKeys finds the access keys of all profiles, as the SDKs read them.
func (c *Config) PlainKeys() ([]PlainKey, error) {
	secrets, err := c.Each(secretSetting)
	if err != nil {
		return nil, err
	}
	var keys []PlainKey
	for _, set := range secrets {
		s, err := c.profile(set.Profile)
		if err != nil {
			return nil, err
		}
		key := PlainKey{Profile: set.Profile, File: set.File, Line: set.Line, Stays: s.keyStays(set.File)}
		if id := s.exact(idSetting); id != nil {
			key.Key = helper.AccessKey{ID: id.Value, Secret: set.Value}
		}
		keys = append(keys, key)
	}
	return keys, nil
}

const (
	idSetting     = "aws_access_key_id"
	secretSetting = "aws_secret_access_key"
)

// keyStays says why the key, whose secret is in that file, is not to be moved.
func (s *section) keyStays(file string) string {
	id, process := s.exact(idSetting), s.exact(processSetting)
	switch {
	case id == nil:
		return "it has no " + idSetting
	case id.File != file:
		return "its " + idSetting + " is in another file"
	case s.exact("aws_session_token") != nil:
		return "it is temporary, and ends by itself"
	case s.exact("role_arn") != nil:
		return "programs assume the profile's role with it; write credmint_role_arn first"
	case process != nil:
		if _, ours := OwnProcess(process.Value); !ours {
			return "the profile has a credential_process of another program"
		}
	}
	return ""
}

// RemoveKeys removes the two lines of each key that stands in a file, all at once, and the headers of sections of which
// nothing else is left. Every other byte stays, and the file's mode. Lines that hold another key by now stay too.
func (c *Config) RemoveKeys(path string, keys []PlainKey) error {
	sections := inConfig
	if path == c.credentials.path {
		sections = inCredentials
	}
	_, err := edit(path, func(data []byte) ([]byte, error) {
		for _, k := range keys {
			secret, err := find(path, data, sections(k.Profile), secretSetting)
			if err != nil {
				return nil, err
			}
			if !secret.has || settingValue(data, secret) != k.Key.Secret {
				continue
			}
			for _, name := range []string{secretSetting, idSetting} {
				data, err = remove(path, data, sections(k.Profile), name, func(old string) bool { return old == k.Key.Secret || old == k.Key.ID })
				if err != nil {
					return nil, err
				}
			}
		}
		return data, nil
	})
	return err
}

func settingValue(data []byte, p place) string {
	_, value, _ := cutProperty(withoutComment(string(data[p.setting.start:p.setting.end])))
	return value
}
