package awsconfig

import (
	"strings"

	"credmint/helper"
)

// secretKey takes the profiles whose access key is kept in AWS Secrets Manager, and read with another profile's session.
func (r *resolver) secretKey(s *section, serial string) (*helper.Profile, error) {
	set := s.lookup("secret_id")
	if set == nil {
		return nil, nil
	}
	if len(set.Value) > 2048 {
		return nil, errAt(set, "that is longer than a secret's name or ARN can be")
	}
	from := s.lookup("source_profile")
	if from == nil || from.Value == s.name {
		return nil, errAt(set, "a key in Secrets Manager needs a source_profile, whose session reads it")
	}
	client, err := r.client(s, STS)
	if err != nil {
		return nil, err
	}
	reader, err := r.client(s, SecretsManager)
	if err != nil {
		return nil, err
	}
	if parts := strings.SplitN(set.Value, ":", 7); len(parts) == 7 && parts[0] == "arn" && parts[2] == "secretsmanager" {
		if reader.Region = parts[3]; !ValidRegion(reader.Region) {
			return nil, errAt(set, "%q is no secret's ARN: it names no region", set.Value)
		}
	}
	reader.Region = regionOr(reader.Region, helper.PartitionOf(set.Value))
	ref := helper.KeyRef{
		Place: helper.InSecretsManager, Profile: s.name, Secret: &helper.SecretRef{ID: set.Value, Client: reader},
	}
	p, err := r.keyLink(s, ref, client, serial)
	if err != nil {
		return nil, err
	}
	p.Source, err = r.sourceProfile(from, "") // the code, if there is one, goes with the key that is read
	return p, err
}
