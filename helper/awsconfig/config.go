// Package awsconfig reads ~/.aws/config and ~/.aws/credentials as the SDKs do and resolves a profile's name to a
// *helper.Profile: the whole chain, every default filled in. Any AWS setting may be written with the prefix credmint_,
// which the SDKs pass over and which wins over the plain spelling.
//
// It runs nothing that a file names, asks nobody, and edits a file only where Edit says so.
package awsconfig

import (
	"fmt"
	"slices"
	"strings"

	"credmint/helper"
	"credmint/helper/filename"
)

// prefix marks the settings that are credmint's alone.
const prefix = "credmint_"

// Config is the two shared files and the environment: all that profiles are resolved from.
type Config struct {
	config, credentials file
	getenv              func(string) string
	home                string
}

// ConfigFile is the path of the shared config file: $AWS_CONFIG_FILE, else ~/.aws/config.
func ConfigFile(getenv func(string) string, home string) string {
	return sharedFile(getenv("AWS_CONFIG_FILE"), home, "config")
}

// CredentialsFile is the path of the shared credentials file: $AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials.
func CredentialsFile(getenv func(string) string, home string) string {
	return sharedFile(getenv("AWS_SHARED_CREDENTIALS_FILE"), home, "credentials")
}

func sharedFile(named, home, base string) string {
	if named == "" {
		return filename.Join(home, ".aws", base)
	}
	if rest, ok := strings.CutPrefix(named, "~/"); ok {
		return filename.Join(home, rest)
	}
	return named
}

// Load reads both files. One that does not exist is empty; one that is no regular file, no text, or larger than
// 16 MiB is an error that says which.
func Load(getenv func(string) string, home string) (*Config, error) {
	c := &Config{getenv: getenv, home: home}
	c.config.path = ConfigFile(getenv, home)
	c.credentials.path = CredentialsFile(getenv, home)
	for _, f := range []*file{&c.config, &c.credentials} {
		if err := f.open(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Names lists the profiles of both files, each once, in the order they stand.
func (c *Config) Names() []string {
	var names []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	c.config.headers(func(h header, _ int) bool {
		if isConfigProfile(h) {
			add(h.name)
		}
		return true
	})
	c.credentials.headers(func(h header, _ int) bool {
		if isCredentialsProfile(h) {
			add(h.name)
		}
		return true
	})
	return names
}

// section is the merged view of one profile: the credentials file wins over the config file, as in the SDKs.
type section struct {
	name  string
	found bool
	where string // file:line of its header
	props []helper.Setting
	used  *[]helper.Setting // collects what was looked up and found
}

func (c *Config) profile(name string) (*section, error) {
	s := &section{name: name, used: new([]helper.Setting)}
	for _, from := range []struct {
		f      *file
		wanted []header
	}{{&c.credentials, inCredentials(name)}, {&c.config, inConfig(name)}} {
		props, line, err := from.f.section(from.wanted...)
		if err != nil {
			return nil, err
		}
		if line == 0 {
			continue
		}
		s.found, s.where = true, from.f.at(line)
		for _, p := range props {
			s.props = append(s.props, helper.Setting{Name: p.key, Value: p.value, File: from.f.path, Line: p.line})
		}
	}
	return s, nil
}

// named is a section of the config file that is no profile's, such as [services NAME] or [sso-session NAME]. What is found
// in it counts as looked up by the profile whose used it is.
func (f *file) named(kind, name string, used *[]helper.Setting) (*section, error) {
	props, line, err := f.section(header{kind, name})
	if err != nil {
		return nil, err
	}
	s := &section{name: name, found: line > 0, where: f.at(line), used: used}
	for _, p := range props {
		s.props = append(s.props, helper.Setting{Name: p.key, Value: p.value, File: f.path, Line: p.line})
	}
	return s, nil
}

// lookup finds a setting by its plain name: the prefixed spelling first, then the plain one. It is nil when neither
// stands there or the one that does is empty.
func (s *section) lookup(name string) *helper.Setting {
	for _, spelling := range []string{prefix + name, name} {
		if found := s.exact(spelling); found != nil {
			return found
		}
	}
	return nil
}

func (s *section) exact(spelling string) *helper.Setting {
	for i := range s.props {
		if s.props[i].Name == spelling && s.props[i].Value != "" {
			if shown := withoutSecret(s.props[i]); !slices.Contains(*s.used, shown) {
				*s.used = append(*s.used, shown)
			}
			return &s.props[i]
		}
	}
	return nil
}

// withoutSecret is a setting as it may be shown.
func withoutSecret(set helper.Setting) helper.Setting {
	if set.Name == "aws_secret_access_key" || set.Name == "aws_session_token" {
		set.Value = "(not shown)"
	}
	return set
}

// value is lookup for those who need no more than the text.
func (s *section) value(name string) string {
	if found := s.lookup(name); found != nil {
		return found.Value
	}
	return ""
}

// SettingError is an error about one setting, and says where that stands.
type SettingError struct {
	Setting helper.Setting // without its value where that is secret
	Err     error
}

func (e *SettingError) Error() string {
	if e.Setting.Line == 0 {
		return fmt.Sprintf("%s: %s: %v", e.Setting.File, e.Setting.Name, e.Err)
	}
	return fmt.Sprintf("%s:%d: %s: %v", e.Setting.File, e.Setting.Line, e.Setting.Name, e.Err)
}

func (e *SettingError) Unwrap() error { return e.Err }

// errAt is an error about one setting.
func errAt(set *helper.Setting, format string, args ...any) error {
	return &SettingError{withoutSecret(*set), fmt.Errorf(format, args...)}
}

// Credentials returns the key that stands in a profile's section, with its session token where there is one.
func (c *Config) Credentials(profile string) (helper.Session, error) {
	s, err := c.profile(profile)
	if err != nil {
		return helper.Session{}, fmt.Errorf("profile %q: %w", profile, err)
	}
	id, secret := s.exact("aws_access_key_id"), s.exact("aws_secret_access_key")
	if id == nil || secret == nil {
		return helper.Session{}, fmt.Errorf("profile %q: %w", profile, ErrNoProfile)
	}
	out := helper.Session{AccessKeyID: id.Value, SecretAccessKey: secret.Value}
	if token := s.exact("aws_session_token"); token != nil {
		out.SessionToken = token.Value
	}
	return out, nil
}

// Client tells how a service is to be called for a profile, whether or not it has credentials.
func (c *Config) Client(profile string, service Service) (helper.Client, error) {
	client, err := c.client(profile, service)
	client.Region = regionOr(client.Region, "aws")
	return client, err
}

// Where tells the region of a profile's resources (AWS_REGION, AWS_DEFAULT_REGION, or the profile's region; empty where
// none of them says) and whether FIPS endpoints are to be used there.
func (c *Config) Where(profile string) (region string, fips bool, err error) {
	client, err := c.client(profile, STS)
	return client.Region, client.FIPS, err
}

// Has reports whether one of the files has a section for the profile.
func (c *Config) Has(profile string) (bool, error) {
	s, err := c.profile(profile)
	if err != nil {
		return false, fmt.Errorf("profile %q: %w", profile, err)
	}
	return s.found, nil
}

func (c *Config) client(profile string, service Service) (helper.Client, error) {
	s, err := c.profile(profile)
	if err != nil {
		return helper.Client{}, fmt.Errorf("profile %q: %w", profile, err)
	}
	client, err := (&resolver{Config: c}).client(s, service)
	if err != nil {
		return helper.Client{}, fmt.Errorf("profile %q: %w", profile, err)
	}
	return client, nil
}
