package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"credmint/helper"
)

// profileVariable tells programs, and the shell's prompt, whose session they have.
const profileVariable = "CREDMINT_PROFILE"

// variable is one of an environment.
type variable struct{ name, value string }

// Format keeps the value out of every verb.
func (v variable) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(v.name)) }

// secret reports whether the value opens something, and is not only the name of it.
func (v variable) secret() bool {
	return v.name == "AWS_SECRET_ACCESS_KEY" || v.name == "AWS_SESSION_TOKEN" || v.name == "AWS_CONTAINER_AUTHORIZATION_TOKEN"
}

// identityVariables choose who a program is at AWS, or which of several it may be. The secret that opens the keychain is
// among them: who is given a session is not given the keys that it is made of.
func identityVariables() []string {
	return []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION",
		"AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_ACCOUNT_ID",
		"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
		"CREDMINT_PASSPHRASE", profileVariable,
	}
}

// rivals are the variables by which SDKs would be somebody else than vars say.
func rivals(vars []variable) []string {
	return slices.DeleteFunc(identityVariables(), func(name string) bool {
		return !strings.HasPrefix(name, "AWS_") || slices.ContainsFunc(vars, func(v variable) bool { return v.name == name })
	})
}

// childEnvironment is what a program inherits, without any identity but that of vars.
func childEnvironment(inherited []string, vars []variable) []string {
	dropped := identityVariables()
	for _, v := range vars {
		dropped = append(dropped, v.name)
	}
	environment := slices.DeleteFunc(slices.Clone(inherited), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return slices.ContainsFunc(dropped, func(d string) bool { return strings.EqualFold(d, name) })
	})
	for _, v := range vars {
		environment = append(environment, v.name+"="+v.value)
	}
	return environment
}

// plainVariables are a session as every SDK reads it from the environment. There it does not renew itself.
func plainVariables(s helper.Session) []variable {
	vars := []variable{{"AWS_ACCESS_KEY_ID", s.AccessKeyID}, {"AWS_SECRET_ACCESS_KEY", s.SecretAccessKey}}
	if s.SessionToken != "" {
		vars = append(vars, variable{"AWS_SESSION_TOKEN", s.SessionToken})
	}
	if !s.Expires.IsZero() {
		vars = append(vars, variable{"AWS_CREDENTIAL_EXPIRATION", s.Expires.UTC().Format(time.RFC3339)})
	}
	return vars
}

// regionVariables are a profile's region, under both names that SDKs know; none where it has none.
func (a *app) regionVariables(profile string) ([]variable, error) {
	config, err := a.awsConfig()
	if err != nil {
		return nil, err
	}
	region, _, err := config.Where(profile)
	if err != nil || region == "" {
		return nil, err
	}
	return []variable{{"AWS_REGION", region}, {"AWS_DEFAULT_REGION", region}}, nil
}

// identity is what makes a program the profile, beside its session. Where [default] is somebody the program gets shared
// files in which it is nobody, since SDKs would be [default] then.
func (a *app) identity(profile string, scratch *scratch) ([]variable, error) {
	vars, err := a.regionVariables(profile)
	if err != nil {
		return nil, err
	}
	vars = append(vars, variable{profileVariable, profile})
	config, err := a.awsConfig()
	if err != nil {
		return nil, err
	}
	hidden, err := config.HideDefault()
	if err != nil {
		return nil, err
	}
	if hidden.Config != nil {
		path, err := scratch.write("config", hidden.Config)
		if err != nil {
			return nil, err
		}
		vars = append(vars, variable{"AWS_CONFIG_FILE", path})
	}
	if hidden.Credentials {
		dir, err := scratch.dir()
		if err != nil {
			return nil, err
		}
		vars = append(vars, variable{"AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "no-credentials")})
	}
	return vars, nil
}
