package awsconfig

import (
	"errors"
	"fmt"
	"strings"

	"credmint/helper"
)

// secretKey takes the profiles whose access key is kept in AWS Secrets Manager, and read with another profile's session.
func (r *resolver) secretKey(s *section, serial string) (*helper.Profile, error) {
	set := s.lookup("secret_id")
	if set == nil {
		return nil, nil
	}
	from := s.lookup("source_profile")
	if from == nil || from.Value == s.name {
		return nil, errAt(set, "a key in Secrets Manager needs a source_profile, whose session reads it")
	}
	client, err := r.client(s, STS)
	if err != nil {
		return nil, err
	}
	secret, err := r.secret(s, set.Value)
	if err != nil {
		return nil, errAt(set, "%w", err)
	}
	ref := helper.KeyRef{
		Place: helper.InSecretsManager, Profile: s.name, Secret: secret,
	}
	p, err := r.keyLink(s, ref, client, serial)
	if err != nil {
		return nil, err
	}
	p.Source, err = r.sourceProfile(from, "") // the code, if there is one, goes with the key that is read
	return p, err
}

// secret is how one is read: in the region of its ARN, else in the profile's.
func (r *resolver) secret(s *section, id string) (*helper.SecretRef, error) {
	if len(id) > 2048 {
		return nil, errors.New("that is longer than a secret's name or ARN can be")
	}
	client, err := r.client(s, SecretsManager)
	if err != nil {
		return nil, err
	}
	if parts := strings.SplitN(id, ":", 7); len(parts) == 7 && parts[0] == "arn" && parts[2] == "secretsmanager" {
		if client.Region = parts[3]; !ValidRegion(client.Region) {
			return nil, fmt.Errorf("%q is no secret's ARN: it names no region", id)
		}
	}
	client.Region = regionOr(client.Region, helper.PartitionOf(id))
	return &helper.SecretRef{ID: id, Client: client}, nil
}

// Secret is a secret in AWS Secrets Manager as a profile's session reads it: in the region of its ARN, else in the
// profile's.
func (c *Config) Secret(profile, id string) (*helper.SecretRef, error) {
	s, err := c.profile(profile)
	if err != nil {
		return nil, fmt.Errorf("profile %q: %w", profile, err)
	}
	ref, err := (&resolver{Config: c}).secret(s, id)
	if err != nil {
		return nil, fmt.Errorf("profile %q: %w", profile, err)
	}
	return ref, nil
}
