package mint

import (
	"context"
	"encoding/json"
	"fmt"

	"credmint/helper"
)

// SecretsManager reads what is kept in AWS Secrets Manager, and keeps nothing of it.
type SecretsManager struct {
	Base    helper.Source // answers for the profile whose session reads
	Network *Network
}

const secretsManager = "secretsmanager"

// Secret returns a secret's text, read with the session of a profile. on is the profile it is read for, which errors name.
// See https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html.
func (m *SecretsManager) Secret(ctx context.Context, on string, reader *helper.Profile, ref *helper.SecretRef) (string, error) {
	s, err := m.Base.Session(ctx, reader)
	if err != nil {
		return "", err
	}
	p := &helper.Profile{Name: on, Kind: reader.Kind, Client: ref.Client}
	var out struct{ SecretString *string }
	in := map[string]string{"SecretId": ref.ID}
	if err := m.Network.call(ctx, p, s, operation{service: secretsManager, host: secretsManager, target: secretsManager + ".GetSecretValue"}, in, &out); err != nil {
		return "", err
	}
	if out.SecretString == nil {
		return "", fmt.Errorf("profile %q: secret %s holds bytes, not text", on, ref.ID)
	}
	return *out.SecretString, nil
}

// AccessKey reads the access key of a profile whose KeyRef says that it is kept there. The secret is JSON in which one of
// the usual spellings names each part.
func (m *SecretsManager) AccessKey(ctx context.Context, p *helper.Profile) (helper.AccessKey, error) {
	text, err := m.Secret(ctx, p.Name, p.Source, p.KeyRef.Secret)
	if err != nil {
		return helper.AccessKey{}, err
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return helper.AccessKey{}, fmt.Errorf("profile %q: secret %s is no JSON object", p.Name, p.KeyRef.Secret.ID)
	}
	key := helper.AccessKey{
		ID:     field(fields, "aws_access_key_id", "access_key_id", "AccessKeyId", "accessKeyId"),
		Secret: field(fields, "aws_secret_access_key", "secret_access_key", "SecretAccessKey", "secretAccessKey"),
	}
	if key.ID == "" || key.Secret == "" {
		return helper.AccessKey{}, fmt.Errorf("profile %q: secret %s has no aws_access_key_id and aws_secret_access_key", p.Name, p.KeyRef.Secret.ID)
	}
	return key, nil
}

// field is the first of the names that holds text.
func field(fields map[string]any, names ...string) string {
	for _, name := range names {
		if text, ok := fields[name].(string); ok && text != "" {
			return text
		}
	}
	return ""
}
