package awsconfig

import (
	"fmt"
	"strings"

	"credmint/helper"
	"credmint/helper/filename"
	"credmint/helper/shellword"
)

// login takes the profiles whose person signs in to the console. AWS takes no MFA code with such a session, so a device
// that links above name is not asked: whether MFA was there at the sign-in is part of the session.
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-login-credentials.html.
func (r *resolver) login(s *section, _ string) (*helper.Profile, error) {
	set := s.lookup(LoginSetting)
	if set == nil {
		return nil, nil
	}
	if !helper.IsConsoleIdentity(set.Value) {
		return nil, errAt(set, "%q is no identity's ARN: write arn:aws:iam::ACCOUNT:user/NAME, or let `credmint login --aws-login %s` write it", set.Value, shellword.Argument(s.name))
	}
	if helper.IsRoot(set.Value) && !isTrue(s.value("allow_root")) {
		return nil, errAt(set, "this is the root user, who can do anything and cannot be limited; sign in as somebody else, or insist with credmint_allow_root = true in [profile %s]", s.name)
	}
	client, err := r.client(s, SignIn)
	if err != nil {
		return nil, err
	}
	p := &helper.Profile{
		Name: s.name, Kind: helper.Login, Client: client, Duration: loginDuration, Inputs: &helper.LoginSession{ARN: set.Value},
	}
	p.Client.Region = regionOr(client.Region, p.Partition())
	return p, nil
}

// LoginSetting names the setting that tells who signs in to the console.
const LoginSetting = "login_session"

// FirstLogin is a profile before somebody has signed in for it.
type FirstLogin struct {
	Profile *helper.Profile // of kind helper.Login, and nobody's yet
	Setting string          // the name that the setting is to be written by
	Was     string          // whose the profile is so far; empty where nothing says so
	Root    bool            // it may be the root user's
}

// FirstLogin tells how somebody is to sign in to the console who is to become the profile's identity. SDKs look at
// login_session before credential_process, so a profile that has not that spelling already gets the one that is credmint's
// alone.
func (c *Config) FirstLogin(profile string) (FirstLogin, error) {
	client, err := c.Client(profile, SignIn)
	if err != nil {
		return FirstLogin{}, err
	}
	s, err := c.profile(profile)
	if err != nil {
		return FirstLogin{}, fmt.Errorf("profile %q: %w", profile, err)
	}
	first := FirstLogin{
		Profile: &helper.Profile{Name: profile, Kind: helper.Login, Client: client, Inputs: &helper.LoginSession{}},
		Setting: prefix + LoginSetting, Root: isTrue(s.value("allow_root")),
	}
	if set := s.lookup(LoginSetting); set != nil {
		first.Setting, first.Was = set.Name, set.Value
	}
	return first, nil
}

// LoginCache is where AWS's CLI keeps its own sign-ins: $AWS_LOGIN_CACHE_DIRECTORY, else ~/.aws/login/cache; empty where
// there is no home.
func LoginCache(getenv func(string) string, home string) string {
	named := getenv("AWS_LOGIN_CACHE_DIRECTORY")
	rest, ofHome := strings.CutPrefix(named, "~/")
	switch {
	case named == "" && home == "":
		return ""
	case named == "":
		return filename.Join(home, ".aws", "login", "cache")
	case ofHome:
		return filename.Join(home, rest)
	}
	return named
}
