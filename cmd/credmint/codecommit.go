package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/codecommit"
	"credmint/helper/gitcred"
	"credmint/helper/mint"
)

type codecommitCmd struct {
	Create codecommitCreateCmd `cmd:"" help:"Make HTTPS Git credentials and keep them; a user may have two."`
	List   codecommitListCmd   `cmd:"" help:"List a user's HTTPS Git credentials, their age, and where they are kept."`
	Reset  codecommitResetCmd  `cmd:"" help:"Give HTTPS Git credentials a new password, and keep it."`
	Delete codecommitDeleteCmd `cmd:"" help:"Delete HTTPS Git credentials, in IAM and in the keychain."`
}

// gitUser is the IAM user whose HTTPS Git credentials are meant.
type gitUser struct {
	Profile string `arg:"" optional:"" help:"The profile that asks IAM; where it is left out, $AWS_PROFILE, or picked from a list, or \"default\"."`
	User    string `placeholder:"NAME" help:"Another IAM user than the profile's own."`
}

// pick settles which profile is meant, once.
func (c *gitUser) pick(ctx context.Context, a *app) (err error) {
	c.Profile, err = a.pick(ctx, c.Profile)
	return err
}

// open asks nothing of IAM yet.
func (c *gitUser) open(ctx context.Context, a *app) (*mint.GitCredentials, error) {
	if err := c.pick(ctx, a); err != nil {
		return nil, err
	}
	p, err := a.profile(c.Profile)
	if err != nil {
		return nil, err
	}
	session, err := a.iamSession(ctx, p)
	if err != nil {
		return nil, err
	}
	name := c.User
	if name == "" {
		if name, err = a.iamUser(ctx, p, session); err != nil {
			return nil, err
		}
	}
	called, err := a.calling(p, awsconfig.IAM)
	if err != nil {
		return nil, err
	}
	return a.network().GitCredentials(called, session, name), nil
}

// iamSession is the profile's session. A user's key without MFA is used as it is: AWS lets no session call IAM that was
// made of one without MFA.
func (a *app) iamSession(ctx context.Context, p *helper.Profile) (helper.Session, error) {
	if p.Kind == helper.UserKey && p.MFASerial == "" && p.KeyRef.Place != helper.InSecretsManager {
		raw := *p
		raw.Kind = helper.RawKey
		p = &raw
	}
	return a.source(p.Name).Session(ctx, p)
}

// iamUser is the name of the user that the profile is.
func (a *app) iamUser(ctx context.Context, p *helper.Profile, session helper.Session) (string, error) {
	arn, err := a.callerARN(ctx, p, session)
	if err != nil {
		return "", err
	}
	if name, ok := userName(arn); ok {
		return name, nil
	}
	return "", advise(fmt.Errorf("profile %q: %s is no IAM user, and only those have HTTPS Git credentials", p.Name, arn),
		"name the user with --user, or use a profile that is one; roles need none: credmint signs for them")
}

// callerARN is whose session it is: of a user's key what the index says, else what AWS does.
func (a *app) callerARN(ctx context.Context, p *helper.Profile, session helper.Session) (string, error) {
	if p.Kind == helper.UserKey && p.KeyRef.UserARN != "" {
		return p.KeyRef.UserARN, nil
	}
	called, err := a.calling(p, awsconfig.STS)
	if err != nil {
		return "", err
	}
	id, err := a.network().SessionIdentity(ctx, called, session)
	return id.ARN, err
}

// userName is the name of the IAM user with that ARN, without the path.
func userName(arn string) (name string, ok bool) {
	_, path, ok := strings.Cut(arn, ":user/")
	return path[strings.LastIndexByte(path, '/')+1:], ok
}

// codecommitHosts are the endpoints of the regions; where none are given, of the profile's.
func (a *app) codecommitHosts(profile string, regions []string) ([]string, error) {
	if len(regions) == 0 {
		config, err := a.awsConfig()
		if err != nil {
			return nil, err
		}
		region, _, err := config.Where(a.profileName(profile))
		if err != nil {
			return nil, err
		}
		if region == "" {
			return nil, advise(fmt.Errorf("profile %q: it has no region", a.profileName(profile)),
				"add --region REGION: the credentials are good in all, and git asks for them by the host of one")
		}
		regions = []string{region}
	}
	var hosts []string
	for _, region := range regions {
		host, err := codecommit.HostOf(region)
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, host.Name)
	}
	return hosts, nil
}

// keptFor are the hosts of CodeCommit for which the index says that the user's login is kept.
func (a *app) keptFor(user string) ([]string, error) {
	rows, err := a.gitRows()
	if err != nil {
		return nil, err
	}
	var hosts []string
	for _, r := range rows {
		if _, ok := codecommit.ParseHost(r.Protocol, r.Host); ok && r.Username == user && r.Erased == nil {
			hosts = append(hosts, r.Host)
		}
	}
	return hosts, nil
}

func codecommitLogin(host, user string) gitcred.Credential {
	return gitcred.Credential{Protocol: gitcred.Some("https"), Host: gitcred.Some(host), Username: gitcred.Some(user)}
}

// keepLogin keeps a login for each host, and reads it back.
func (a *app) keepLogin(ctx context.Context, hosts []string, user string, password gitcred.Value) error {
	for _, host := range hosts {
		login := codecommitLogin(host, user)
		login.Password = password
		if err := a.savedLogins().Store(ctx, login); err != nil {
			return err
		}
		switch same, err := a.savedLogins().Compare(ctx, login); {
		case err != nil:
			return err
		case same != gitcred.Same:
			return errors.New("the keychain gives back another password than it was given")
		}
	}
	for _, host := range hosts {
		a.tell("kept the password of %s for %s", user, host)
	}
	a.tell("clone with: git clone https://%s@%s/v1/repos/REPOSITORY", url.User(user).String(), hosts[0])
	return nil
}

// choose finds the one that is meant by a user name or an id; the only one where none is named.
func choose(all []mint.GitCredential, name string) (mint.GitCredential, error) {
	var names []string
	for _, c := range all {
		names = append(names, c.UserName)
	}
	i := slices.IndexFunc(all, func(c mint.GitCredential) bool { return c.UserName == name || c.ID == name })
	switch {
	case len(all) == 0:
		return mint.GitCredential{}, errors.New("the user has no HTTPS Git credentials")
	case name == "" && len(all) == 1:
		return all[0], nil
	case name == "":
		return mint.GitCredential{}, &usageError{fmt.Errorf("the user has more than one: name %s", strings.Join(names, " or "))}
	case i < 0:
		return mint.GitCredential{}, fmt.Errorf("the user has no HTTPS Git credentials %q, but %s", name, strings.Join(names, ", "))
	}
	return all[i], nil
}
