package awsconfig

import (
	"strings"
	"time"

	"credmint/helper"
	"credmint/helper/filename"
)

// webIdentity takes the profiles whose role is assumed with an OIDC token.
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html.
func (r *resolver) webIdentity(s *section, _ string) (*helper.Profile, error) {
	file, process := s.lookup("web_identity_token_file"), s.lookup("web_identity_token_process")
	token := file
	switch {
	case file == nil && process == nil:
		return nil, nil
	case file != nil && process != nil:
		return nil, errAt(process, "web_identity_token_file stands at line %d already: there is one token", file.Line)
	case process != nil:
		token = process
	}
	if err := oneSource(s, token); err != nil {
		return nil, err
	}
	return r.tokenRole(s, token)
}

// tokenRole is a role that is assumed with the token of a setting.
func (r *resolver) tokenRole(s *section, token *helper.Setting) (*helper.Profile, error) {
	arn := s.lookup("role_arn")
	if arn == nil {
		return nil, errAt(token, "there is no role_arn beside it, and a token is no use without a role")
	}
	p, err := r.federated(s, helper.WebIdentity, arn)
	if err != nil {
		return nil, err
	}
	if p.RoleSessionName, err = r.roleSessionName(s); err != nil {
		return nil, err
	}
	if p.RoleSessionName == "" {
		p.RoleSessionName = "credmint"
	}
	in := &helper.WebIdentityToken{}
	p.Inputs = in
	if strings.HasSuffix(token.Name, "_process") {
		in.Command, err = commandOf(token)
		return p, err
	}
	if in.File = token.Value; !filename.IsAbs(in.File) {
		return nil, errAt(token, "%q: write the whole path, which is the same file in every directory", in.File)
	}
	return p, nil
}

// environmentIdentity takes what EKS and others set for a whole container (IRSA): a token's file and a role. It is for the
// profile that is meant where none is named, and comes after everything that the profile itself says. The SDKs have it
// before the profile; but whoever asks credmint asks for a profile.
func (r *resolver) environmentIdentity(s *section, _ string) (*helper.Profile, error) {
	if r.getenv("AWS_WEB_IDENTITY_TOKEN_FILE") == "" || !r.ambient(s) {
		return nil, nil
	}
	set := func(name, variable string) helper.Setting {
		return helper.Setting{Name: name, Value: r.getenv(variable), File: "environment"}
	}
	with := *s
	with.props = append([]helper.Setting{
		set("web_identity_token_file", "AWS_WEB_IDENTITY_TOKEN_FILE"), set("role_arn", "AWS_ROLE_ARN"),
		set("role_session_name", "AWS_ROLE_SESSION_NAME"),
	}, s.props...)
	return r.tokenRole(&with, with.lookup("web_identity_token_file"))
}

// oneSource refuses a role that could be assumed in another way than from says: the SDKs disagree on which.
func oneSource(s *section, from *helper.Setting) error {
	for _, other := range []string{"source_profile", "credential_source"} {
		if set := s.lookup(other); set != nil {
			return errAt(set, "%s stands at line %d already: a role has one source", from.Name, from.Line)
		}
	}
	return nil
}

// federated is a role for somebody whom an identity provider vouches for. It is no link of a chain, and may last as long as
// any role.
func (r *resolver) federated(s *section, kind helper.Kind, arn *helper.Setting) (*helper.Profile, error) {
	client, err := r.client(s, STS)
	if err != nil {
		return nil, err
	}
	p := &helper.Profile{Name: s.name, Kind: kind, Client: client, Duration: roleDuration}
	if arn != nil {
		if err := checkRoleARN(arn); err != nil {
			return nil, err
		}
		p.RoleARN = arn.Value
	}
	p.Client.Region = regionOr(p.Client.Region, helper.PartitionOf(p.RoleARN))
	for _, name := range []string{"session_tags", "transitive_session_tags", "source_identity"} {
		if set := s.lookup(name); set != nil {
			return nil, errAt(set, "AWS takes it from the identity provider's token or assertion alone")
		}
	}
	if p.Scope, err = r.scope(s); err != nil {
		return nil, err
	}
	return p, setDuration(s, &p.Duration, 15*time.Minute, 12*time.Hour)
}
