package awsconfig

import (
	"slices"
	"strings"
)

// identitySettings are those of a section that say who it is. Of a role's own settings only the first matter: without
// them the SDKs look at no other.
var identitySettings = [...]string{
	"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "role_arn", "source_profile", "credential_source",
	"web_identity_token_file", "sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name",
	"login_session", processSetting,
}

// Hidden is the shared files as a program must see them that takes its credentials from an endpoint: SDKs ask [default]
// first (https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html).
type Hidden struct {
	Config      []byte // the config file without the settings that make [default] somebody; nil: it has none
	Credentials bool   // the credentials file has some, and should not be seen at all
}

// HideDefault tells what must be hidden, and changes no file.
func (c *Config) HideDefault() (Hidden, error) {
	props, _, err := c.credentials.section(header{"", "default"})
	if err != nil {
		return Hidden{}, err
	}
	hidden := Hidden{Credentials: slices.ContainsFunc(props, isIdentity)}
	if props, _, err = c.config.section(header{"profile", "default"}, header{"", "default"}); err != nil {
		return Hidden{}, err
	}
	if !slices.ContainsFunc(props, isIdentity) {
		return hidden, nil
	}
	c.config.lines(func(line []byte, number, _ int) bool {
		if !slices.ContainsFunc(props, func(p property) bool { return p.line == number && isIdentity(p) }) {
			hidden.Config = append(append(hidden.Config, line...), '\n')
		}
		return true
	})
	return hidden, nil
}

func isIdentity(p property) bool {
	return slices.Contains(identitySettings[:], strings.TrimPrefix(p.key, prefix)) && p.value != ""
}
