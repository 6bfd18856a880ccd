package awsconfig

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"credmint/helper"
)

// role is a link that is assumed from another.
func (r *resolver) role(s *section, arn *helper.Setting, serial string) (*helper.Profile, error) {
	client, err := r.client(s, STS)
	if err != nil {
		return nil, err
	}
	p := &helper.Profile{Name: s.name, Kind: helper.Role, Client: client, RoleARN: arn.Value, Duration: roleDuration}
	if err := checkRoleARN(arn); err != nil {
		return nil, err
	}
	p.Client.Region = regionOr(p.Client.Region, helper.PartitionOf(p.RoleARN))
	p.ExternalID = s.value("external_id")
	if p.RoleSessionName, err = r.roleSessionName(s); err != nil {
		return nil, err
	}
	if p.Scope, err = r.scope(s); err != nil {
		return nil, err
	}
	if set := s.lookup("mfa_serial"); set != nil {
		if err := checkSerial(set); err != nil {
			return nil, err
		}
		serial, r.device = set.Value, s
	}
	if err := setDuration(s, &p.Duration, 15*time.Minute, 12*time.Hour); err != nil {
		return nil, err
	}
	source, err := r.source(s, arn, serial)
	if err != nil {
		return nil, err
	}
	if err := mayAssume(source); err != nil {
		return nil, err
	}
	p.Source = source
	if source.Kind == helper.Process && serial != "" { // it may hand out a long-lived key, with which AWS takes a code
		p.MFASerial = serial
		if err := r.codes(s, p); err != nil {
			return nil, err
		}
	}
	if p.RoleSessionName == "" {
		p.RoleSessionName = sessionName(p)
	}
	fitDuration(p)
	return p, nil
}

// mayAssume refuses what AWS would: the root user assumes no roles, and neither do sessions that may do one task only.
func mayAssume(source *helper.Profile) error {
	switch {
	case source.KeyRef.Root():
		return fmt.Errorf("profile %q holds the root user's key, and AWS lets the root user assume no role: use an IAM user's, or Identity Center", source.Name)
	case source.Kind == helper.Federation, source.Kind == helper.RootTask:
		return fmt.Errorf("profile %q: AWS lets sessions of kind %s assume no role", source.Name, source.Kind)
	}
	return nil
}

// roleSessionName is the fixed name of a profile's sessions, its template filled; empty where the profile names none.
func (r *resolver) roleSessionName(s *section) (string, error) {
	set := s.lookup("role_session_name")
	if set == nil {
		return "", nil
	}
	name := r.sessionText(set.Value)
	if !validSessionName(name) {
		return "", errAt(set, "%q: AWS takes 2 to 64 letters, digits and _+=,.@- here", name)
	}
	return name, nil
}

// fitDuration keeps to STS's rule that a role assumed from a session lasts an hour at most: a longer one is assumed
// with the long-lived key itself (and a code, where there is a device), and capped where there is no such key.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#id_roles_terms-and-concepts (role chaining).
func fitDuration(p *helper.Profile) {
	switch {
	case p.Duration <= cappedDuration:
	case p.Source.Kind == helper.UserKey && !p.Source.KeyRef.Root():
		p.Direct, p.MFASerial = true, p.Source.MFASerial
		p.MFAProcess, p.MFAYubiKey = p.Source.MFAProcess, p.Source.MFAYubiKey
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
	return r.sourceProfile(profile, serial)
}

// sourceProfile resolves the profile that a setting names.
func (r *resolver) sourceProfile(set *helper.Setting, serial string) (*helper.Profile, error) {
	p, err := r.profile(set.Value, serial)
	if errors.Is(err, ErrNoProfile) {
		return nil, errAt(set, "%w", err)
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
	client, err := r.client(s, STS)
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

// sessionName is what CloudTrail shows for a role whose profile names no session: the user's name where it is known,
// so that trust policies which compare it with ${aws:username} hold.
func sessionName(p *helper.Profile) string {
	links := p.Links()
	arn := links[len(links)-1].Identity()
	if i := strings.LastIndexByte(arn, '/'); i >= 0 && validSessionName(arn[i+1:]) {
		return arn[i+1:]
	}
	return "credmint"
}
