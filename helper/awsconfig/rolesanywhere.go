package awsconfig

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"credmint/helper"
	"credmint/helper/atomicfile"
	"credmint/helper/filename"
)

// maxCertificate bounds what is read of a certificate's file.
const maxCertificate = 1 << 20

// rolesAnywhere takes the profiles whose role is for the holder of a certificate. AWS has no settings for it, so all but
// role_arn, role_session_name and duration_seconds are credmint's own. The region is where the trust anchor is.
// See https://docs.aws.amazon.com/rolesanywhere/latest/userguide/credential-helper.html for each.
func (r *resolver) rolesAnywhere(s *section, _ string) (*helper.Profile, error) {
	anchor := s.lookup("roles_anywhere_trust_anchor_arn")
	if anchor == nil {
		for _, name := range []string{"roles_anywhere_profile_arn", "roles_anywhere_certificate"} {
			if set := s.lookup(name); set != nil {
				return nil, errAt(set, "there is no roles_anywhere_trust_anchor_arn beside it")
			}
		}
		return nil, nil
	}
	if err := r.noneBeside(s, anchor); err != nil {
		return nil, err
	}
	profile, arn, file := s.lookup("roles_anywhere_profile_arn"), s.lookup("role_arn"), s.lookup("roles_anywhere_certificate")
	switch {
	case profile == nil:
		return nil, errAt(anchor, "there is no roles_anywhere_profile_arn beside it")
	case arn == nil:
		return nil, errAt(anchor, "there is no role_arn beside it")
	case file == nil:
		return nil, errAt(anchor, "there is no roles_anywhere_certificate beside it")
	}
	region, err := anywhereRegion(anchor, profile)
	if err != nil {
		return nil, err
	}
	if err := checkRoleARN(arn); err != nil {
		return nil, err
	}
	client, err := r.client(s, RolesAnywhere)
	if err != nil {
		return nil, err
	}
	client.Region = region
	p := &helper.Profile{Name: s.name, Kind: helper.RolesAnywhere, Client: client, RoleARN: arn.Value, Duration: roleDuration}
	if p.RoleSessionName, err = r.roleSessionName(s); err != nil {
		return nil, err
	}
	if err := setDuration(s, &p.Duration, 15*time.Minute, 12*time.Hour); err != nil {
		return nil, err
	}
	p.Inputs, err = certificateOf(s, anchor, profile, file)
	return p, err
}

// noneBeside refuses what CreateSession has no place for, rather than leave it out unsaid.
func (r *resolver) noneBeside(s *section, anchor *helper.Setting) error {
	for _, name := range []string{
		"external_id", "mfa_serial", "session_policy", "policy_arns", "session_tags", "transitive_session_tags", "source_identity",
	} {
		if set := s.lookup(name); set != nil {
			return errAt(set, "it does not go with %s at line %d", anchor.Name, anchor.Line)
		}
	}
	return oneSource(s, anchor)
}

// anywhereRegion is where a trust anchor and a profile are, which is the same place.
func anywhereRegion(anchor, profile *helper.Setting) (string, error) {
	var at [2]string
	for i, want := range []struct {
		set            *helper.Setting
		kind, resource string
	}{{anchor, "trust anchor", "trust-anchor/"}, {profile, "IAM Roles Anywhere profile", "profile/"}} {
		parts := strings.SplitN(want.set.Value, ":", 6)
		ok := len(parts) == 6 && parts[0] == "arn" && parts[2] == "rolesanywhere" && ValidRegion(parts[3]) &&
			helper.AccountOf(want.set.Value) != "" && strings.HasPrefix(parts[5], want.resource) && len(parts[5]) > len(want.resource)
		if !ok {
			return "", errAt(want.set, "%q is no %s's ARN: write arn:aws:rolesanywhere:REGION:ACCOUNT:%sID",
				want.set.Value, want.kind, want.resource)
		}
		at[i] = strings.Join(parts[1:5], ":")
	}
	if at[0] != at[1] {
		return "", errAt(profile, "it is in another region or account than the trust anchor at line %d", anchor.Line)
	}
	return strings.Split(at[0], ":")[2], nil
}

// certificateOf finds the files, and reads the certificate's: another certificate is another identity, whose sessions are
// not to be mixed up with those of the one before.
func certificateOf(s *section, anchor, profile, file *helper.Setting) (*helper.Certificate, error) {
	in := &helper.Certificate{TrustAnchorARN: anchor.Value, ProfileARN: profile.Value}
	for _, f := range []struct {
		set *helper.Setting
		to  *string
	}{
		{file, &in.File},
		{s.lookup("roles_anywhere_private_key"), &in.KeyFile},
		{s.lookup("roles_anywhere_intermediates"), &in.ChainFile},
	} {
		if f.set == nil {
			continue
		}
		if *f.to = f.set.Value; !filename.IsAbs(f.set.Value) {
			return nil, errAt(f.set, "%q: write the whole path, which is the same file in every directory", f.set.Value)
		}
	}
	data, err := atomicfile.ReadLinked(in.File, maxCertificate)
	if err != nil {
		return nil, errAt(file, "%w", err)
	}
	sum := sha256.Sum256(data)
	in.Fingerprint = hex.EncodeToString(sum[:])
	return in, nil
}
