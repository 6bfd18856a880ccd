package awsconfig

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"credmint/helper"
)

// ErrNoProfile says that nothing anywhere tells how to be the profile: no section, or one without credentials, and no
// access key in the keychain.
var ErrNoProfile = errors.New("no credentials are configured for it")

// maxLinks bounds a chain. AWS knows no limit; people's chains have two or three links.
const maxLinks = 10

// What a session lasts unless a setting says otherwise. Twelve hours make it one MFA code a day.
const (
	roleDuration   = time.Hour
	userDuration   = 12 * time.Hour
	rootDuration   = time.Hour // the longest STS gives the root user
	cappedDuration = time.Hour // the longest STS gives a role that is assumed from a role's session
)

// Keys tells which profiles have an access key in the keychain. It is asked by name and answers without the secret.
type Keys func(profile string) (ref helper.KeyRef, found bool, err error)

// Profile resolves a name to its whole chain. Errors name the profile, and where a setting is at fault its file and line;
// a name that leads nowhere wraps ErrNoProfile.
func (c *Config) Profile(name string, keys Keys) (*helper.Profile, error) {
	r := &resolver{Config: c, keys: keys}
	return r.profile(name, "")
}

// resolver follows a chain from the profile that was asked for down to the one that holds the key.
type resolver struct {
	*Config
	keys Keys
	path []string // the profiles followed so far
}

// profile resolves one link. serial is the MFA device that links above want asked: AWS takes a code only with a
// long-lived key, so it travels down to the link that has one.
func (r *resolver) profile(name, serial string) (*helper.Profile, error) {
	if i := slices.Index(r.path, name); i >= 0 {
		return nil, fmt.Errorf("profile %q: its sources go in a circle: %s", r.path[0], strings.Join(append(r.path[i:], name), " → "))
	}
	r.path = append(r.path, name)
	if len(r.path) > maxLinks {
		return nil, fmt.Errorf("profile %q: more than %d links: %s", r.path[0], maxLinks, strings.Join(r.path, " → "))
	}
	s, err := r.Config.profile(name)
	if err != nil {
		return nil, fmt.Errorf("profile %q: %w", name, err)
	}
	p, err := r.link(s, serial)
	if err != nil {
		return nil, fmt.Errorf("profile %q: %w", name, err)
	}
	return p, nil
}

// link decides how a section's session comes to be, in the order the SDKs use.
func (r *resolver) link(s *section, serial string) (*helper.Profile, error) {
	client, err := r.client(s)
	if err != nil {
		return nil, err
	}
	if set := s.lookup("role_arn"); set != nil {
		p, err := r.role(s, set, client, serial)
		if p != nil {
			p.Settings = append(p.Settings, *s.used...)
		}
		return p, err
	}
	ref, found, err := r.key(s)
	switch {
	case err != nil:
		return nil, err
	case found:
		return r.keyLink(s, ref, client, serial)
	}
	return r.elsewhere(s, serial)
}

// key finds the access key that belongs to the section itself.
func (r *resolver) key(s *section) (helper.KeyRef, bool, error) {
	ref, found, err := r.keys(s.name)
	if err != nil || found {
		return ref, found, err
	}
	id := s.exact("aws_access_key_id")
	if id == nil {
		return helper.KeyRef{}, false, nil
	}
	if s.exact("aws_secret_access_key") == nil {
		return helper.KeyRef{}, false, errAt(id, "there is no aws_secret_access_key beside it")
	}
	return helper.KeyRef{Place: helper.InFile, Profile: s.name, ID: id.Value}, true, nil
}

// keyLink is a link that holds an access key or, where a session token stands beside it, credentials made elsewhere.
func (r *resolver) keyLink(s *section, ref helper.KeyRef, client helper.Client, serial string) (*helper.Profile, error) {
	p := &helper.Profile{Name: s.name, Kind: helper.UserKey, Client: client, KeyRef: ref}
	p.MFASerial = serial
	if set := s.lookup("mfa_serial"); set != nil && serial == "" {
		if err := checkSerial(set); err != nil {
			return nil, err
		}
		p.MFASerial = set.Value
	}
	if p.KeyRef.AccountID == "" {
		p.KeyRef.AccountID = firstOf(s.value("aws_account_id"), helper.AccountOf(p.MFASerial))
	}
	p.Duration = userDuration
	if ref.Root() {
		p.Duration = rootDuration
	}
	if err := setDuration(s, &p.Duration, 15*time.Minute, 36*time.Hour); err != nil {
		return nil, err
	}
	switch {
	case r.hasToken(s, ref):
		p.Kind, p.MFASerial, p.Duration = helper.Given, "", 0
	case isTrue(s.value("raw_key")) && len(r.path) == 1: // roles are assumed from a session all the same
		p.Kind, p.MFASerial, p.Duration = helper.RawKey, "", 0
	}
	p.Client.Region = regionOr(p.Client.Region, p.Partition())
	p.Settings = *s.used
	return p, nil
}

func (r *resolver) hasToken(s *section, ref helper.KeyRef) bool {
	switch ref.Place {
	case helper.InFile:
		return s.exact("aws_session_token") != nil
	case helper.InEnvironment:
		return r.getenv("AWS_SESSION_TOKEN") != ""
	default:
		return false
	}
}

// role is a link that is assumed from another.
func (r *resolver) role(s *section, arn *helper.Setting, client helper.Client, serial string) (*helper.Profile, error) {
	p := &helper.Profile{Name: s.name, Kind: helper.Role, Client: client, RoleARN: arn.Value, Duration: roleDuration}
	if err := checkRoleARN(arn); err != nil {
		return nil, err
	}
	p.Client.Region = regionOr(p.Client.Region, helper.PartitionOf(p.RoleARN))
	p.ExternalID = s.value("external_id")
	if set := s.lookup("role_session_name"); set != nil {
		if err := checkSessionName(set); err != nil {
			return nil, err
		}
		p.RoleSessionName = set.Value
	}
	if set := s.lookup("mfa_serial"); set != nil {
		if err := checkSerial(set); err != nil {
			return nil, err
		}
		serial = set.Value
	}
	if err := setDuration(s, &p.Duration, 15*time.Minute, 12*time.Hour); err != nil {
		return nil, err
	}
	source, err := r.source(s, arn, serial)
	if err != nil {
		return nil, err
	}
	p.Source = source
	if p.RoleSessionName == "" {
		p.RoleSessionName = sessionName(p)
	}
	fitDuration(p)
	return p, nil
}

// fitDuration keeps to STS's rule that a role assumed from a session lasts an hour at most: a longer one is assumed
// with the long-lived key itself (and a code, where there is a device), and capped where there is no such key.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#id_roles_terms-and-concepts (role chaining).
func fitDuration(p *helper.Profile) {
	switch {
	case p.Duration <= cappedDuration:
	case p.Source.Kind == helper.UserKey && !p.Source.KeyRef.Root():
		p.Direct, p.MFASerial = true, p.Source.MFASerial
	default:
		p.Duration = cappedDuration
	}
}

// source follows source_profile or credential_source.
func (r *resolver) source(s *section, arn *helper.Setting, serial string) (*helper.Profile, error) {
	profile, place := s.lookup("source_profile"), s.lookup("credential_source")
	switch {
	case profile != nil && place != nil:
		return nil, errAt(place, "source_profile stands at line %d already: a role has one source", profile.Line)
	case place != nil:
		return r.credentialSource(s, place, serial)
	case profile == nil:
		return nil, errAt(arn, "a role needs a source_profile or a credential_source to be assumed from")
	case profile.Value == s.name:
		return r.ownKey(s, profile, serial)
	}
	p, err := r.profile(profile.Value, serial)
	if errors.Is(err, ErrNoProfile) {
		return nil, errAt(profile, "%w", err)
	}
	return p, err
}

// ownKey serves a profile that names itself as its source: its own access key assumes the role, as in the SDKs.
func (r *resolver) ownKey(s *section, set *helper.Setting, serial string) (*helper.Profile, error) {
	ref, found, err := r.key(s)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errAt(set, "the profile is its own source and has no access key")
	}
	client, err := r.client(s)
	if err != nil {
		return nil, err
	}
	// duration_seconds belongs to the role here, so the key's session gets the default.
	key := *s
	key.props = slices.DeleteFunc(slices.Clone(s.props), func(p helper.Setting) bool {
		return strings.TrimPrefix(p.Name, prefix) == "duration_seconds"
	})
	return r.keyLink(&key, ref, client, serial)
}

func (r *resolver) credentialSource(s *section, set *helper.Setting, serial string) (*helper.Profile, error) {
	if set.Value != "Environment" {
		return nil, errAt(set, "%q is not supported: this version takes Environment", set.Value)
	}
	id := r.getenv("AWS_ACCESS_KEY_ID")
	if id == "" || r.getenv("AWS_SECRET_ACCESS_KEY") == "" {
		return nil, errAt(set, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set")
	}
	env := &section{name: "environment", used: new([]helper.Setting)}
	client, err := r.client(s)
	if err != nil {
		return nil, err
	}
	return r.keyLink(env, helper.KeyRef{Place: helper.InEnvironment, ID: id}, client, serial)
}

// Environment resolves to the credentials of the environment, and to nil when it holds none.
func (c *Config) Environment() (*helper.Profile, error) {
	if c.getenv("AWS_ACCESS_KEY_ID") == "" || c.getenv("AWS_SECRET_ACCESS_KEY") == "" {
		return nil, nil
	}
	r := &resolver{Config: c}
	s := &section{name: "environment", used: new([]helper.Setting)}
	return r.credentialSource(s, &helper.Setting{Name: "credential_source", Value: "Environment", File: "environment"}, "")
}

// elsewhere serves a profile with no key and no role of its own. Its own credential_process line is passed over, since
// it is what started us; one that asks credmint for another profile leads there.
func (r *resolver) elsewhere(s *section, serial string) (*helper.Profile, error) {
	for _, name := range []string{"web_identity_token_file", "sso_session", "sso_start_url", "login_session"} {
		if set := s.lookup(name); set != nil {
			return nil, errAt(set, "this version of credmint cannot mint from it")
		}
	}
	if set := s.lookup("credential_process"); set != nil {
		other, ours := OwnProcess(set.Value)
		switch {
		case !ours:
			return nil, errAt(set, "this version of credmint takes no credentials from another process")
		case other != s.name && other != "":
			return r.profile(other, serial)
		}
	}
	return nil, r.noProfile(s)
}

func (r *resolver) noProfile(s *section) error {
	if !s.found && slices.Contains(r.bare(), s.name) {
		return fmt.Errorf("%w; in %s a profile's section is written [profile %s]", ErrNoProfile, r.config.path, s.name)
	}
	if s.found {
		return fmt.Errorf("%w at %s, and no access key is stored for it", ErrNoProfile, s.where)
	}
	return fmt.Errorf("%w: there is no such profile in %s, and no access key is stored for it", ErrNoProfile, r.config.path)
}

// bare lists the sections of the config file that lack the word "profile", a common slip.
func (c *Config) bare() []string {
	var names []string
	c.config.headers(func(h header, _ int) bool {
		if h.kind == "" {
			names = append(names, h.name)
		}
		return true
	})
	return names
}

// OwnProcess reports whether a credential_process line runs credmint, and which profile it asks for.
func OwnProcess(line string) (profile string, ours bool) {
	args := splitWords(line)
	if len(args) < 2 || args[1] != "aws" {
		return "", false
	}
	base := strings.TrimSuffix(strings.ToLower(filepath.Base(strings.ReplaceAll(args[0], `\`, "/"))), ".exe")
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

// splitWords splits at white space outside quotes. Backslashes stand for themselves: they are Windows's separators.
func splitWords(line string) []string {
	var (
		words  []string
		word   strings.Builder
		quote  rune
		inWord bool
	)
	for _, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, inWord = c, true
		case quote == 0 && (c == ' ' || c == '\t'):
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}

// sessionName is what CloudTrail shows for a role whose profile names no session: the IAM user's name where it is known,
// so that trust policies which compare it with ${aws:username} hold.
func sessionName(p *helper.Profile) string {
	links := p.Links()
	arn := links[len(links)-1].KeyRef.UserARN
	if i := strings.LastIndexByte(arn, '/'); i >= 0 && validSessionName(arn[i+1:]) {
		return arn[i+1:]
	}
	return "credmint"
}

func setDuration(s *section, d *time.Duration, least, most time.Duration) error {
	set := s.lookup("duration_seconds")
	if set == nil {
		return nil
	}
	seconds, err := strconv.Atoi(set.Value)
	if err != nil {
		return errAt(set, "%q is no whole number of seconds", set.Value)
	}
	*d = time.Duration(seconds) * time.Second
	if *d < least || *d > most {
		return errAt(set, "AWS takes %d to %d seconds here", int(least.Seconds()), int(most.Seconds()))
	}
	return nil
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
