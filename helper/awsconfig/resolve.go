package awsconfig

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"credmint/helper"
)

// ErrNoProfile says that nothing anywhere tells how to be the profile: no section, or one without credentials, and no
// access key in the keychain. Where a chain was resolved, it comes in a NoProfileError.
var ErrNoProfile = errors.New("no credentials are configured for it")

// NoProfileError is an ErrNoProfile about one profile of a chain.
type NoProfileError struct {
	Profile string // which may be a source of the one that was asked for
	detail  string
}

func (e *NoProfileError) Error() string { return ErrNoProfile.Error() + e.detail }

func (e *NoProfileError) Unwrap() error { return ErrNoProfile }

// EndlessError is a chain that leads to no credentials, but from profile to profile.
type EndlessError struct {
	Profiles []string // as they were followed; of a circle its members, and the first one again
	Circle   bool     // else it is longer than any chain may be
}

func (e *EndlessError) Error() string {
	path := strings.Join(e.Profiles, " → ")
	if e.Circle {
		return "its sources go in a circle: " + path
	}
	return fmt.Sprintf("more than %d links: %s", maxLinks, path)
}

// maxLinks bounds a chain. AWS knows no limit; people's chains have two or three links.
const maxLinks = 10

// What a session lasts unless a setting says otherwise. Twelve hours make it one MFA code a day.
const (
	roleDuration   = time.Hour
	userDuration   = 12 * time.Hour
	rootDuration   = time.Hour        // the longest STS gives the root user
	loginDuration  = 15 * time.Minute // what the console's sign-in gives
	cappedDuration = time.Hour        // the longest STS gives a role that is assumed from a role's session
)

// Keys tells which profiles have an access key in the keychain. It is asked by name and answers without the secret.
type Keys func(profile string) (ref helper.KeyRef, found bool, err error)

// Profile resolves a name to its whole chain. Errors name the profile, and where a setting is at fault its file and line;
// a name that leads nowhere wraps a NoProfileError, a chain without an end an EndlessError.
func (c *Config) Profile(name string, keys Keys) (*helper.Profile, error) {
	r := &resolver{Config: c, keys: keys}
	p, err := r.profile(name, "")
	if endless, ok := errors.AsType[*EndlessError](err); ok {
		err = fmt.Errorf("profile %q: %w", name, endless) // which names those between them, too
	}
	return p, err
}

// resolver follows a chain from the profile that was asked for down to the one that holds the key.
type resolver struct {
	*Config
	keys   Keys
	path   []string // the profiles followed so far
	device *section // the last of them that named an MFA device; nil: none did
}

// profile resolves one link. serial is the MFA device that links above want asked: AWS takes a code only with a
// long-lived key, so it travels down to the link that has one.
func (r *resolver) profile(name, serial string) (*helper.Profile, error) {
	if i := slices.Index(r.path, name); i >= 0 {
		return nil, &EndlessError{append(r.path[i:], name), true}
	}
	r.path = append(r.path, name)
	if len(r.path) > maxLinks {
		return nil, &EndlessError{r.path, false}
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

// way tells how sessions come to be from the settings of one kind. It answers with nil for a section that has none of
// them.
type way func(s *section, serial string) (*helper.Profile, error)

// link asks each way in turn, in the order the SDKs have; the section's own credential_process line comes last of what it
// says, since it is most often what started us, and what the environment says after that.
func (r *resolver) link(s *section, serial string) (*helper.Profile, error) {
	for _, of := range []way{
		r.rootTask,
		r.rolesAnywhere,
		r.webIdentity,
		r.saml,
		r.assumedRole,
		r.federationToken,
		r.accessKey,
		r.secretKey,
		r.machine,
		r.identityCenter,
		r.login,
		r.otherProcess,
		r.environmentIdentity,
		r.environmentContainer,
	} {
		p, err := of(s, serial)
		if err != nil {
			return nil, err
		}
		if p != nil {
			p.AutoLogin = isTrue(s.value("auto_login")) || p.AutoLogin
			if err := rules(s, p); err != nil {
				return nil, err
			}
			p.Settings = append(*s.used, p.Settings...) // those of p are another section's, which this one leads to
			return p, nil
		}
	}
	if _, err := r.client(s, STS); err != nil { // it stands there already, and would be the next complaint
		return nil, err
	}
	return nil, r.noProfile(s)
}

// assumedRole takes the profiles that name a role.
func (r *resolver) assumedRole(s *section, serial string) (*helper.Profile, error) {
	arn := s.lookup("role_arn")
	if arn == nil {
		return nil, nil
	}
	return r.role(s, arn, serial)
}

// accessKey takes the profiles that have a key of their own.
func (r *resolver) accessKey(s *section, serial string) (*helper.Profile, error) {
	ref, found, err := r.key(s)
	if err != nil || !found {
		return nil, err
	}
	client, err := r.client(s, STS)
	if err != nil {
		return nil, err
	}
	return r.keyLink(s, ref, client, serial)
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
	if err := r.codes(s, p); err != nil {
		return nil, err
	}
	p.Client.Region = regionOr(p.Client.Region, p.Partition())
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

func (r *resolver) noProfile(s *section) error {
	e := &NoProfileError{Profile: s.name}
	switch {
	case !s.found && slices.Contains(r.bare(), s.name):
		e.detail = fmt.Sprintf("; in %s a profile's section is written [profile %s]", r.config.path, s.name)
	case s.found:
		e.detail = fmt.Sprintf(" at %s, and no access key is stored for it", s.where)
	default:
		e.detail = fmt.Sprintf(": there is no such profile in %s, and no access key is stored for it", r.config.path)
	}
	return e
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
