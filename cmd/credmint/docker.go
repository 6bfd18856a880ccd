package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"credmint/helper"
	"credmint/helper/awsconfig"
	"credmint/helper/dockercred"
	"credmint/helper/mint"
	"credmint/helper/prompt"
)

type dockerCmd struct {
	Action string `arg:"" help:"get, store, erase or list; docker gives it."`
}

// Run answers docker. That there is no login is said to docker alone: it asks for every image of a public registry.
func (c *dockerCmd) Run(ctx context.Context, a *app) error {
	ctx, cancel := a.limit(ctx)
	defer cancel()
	err := dockercred.Serve(ctx, c.Action, a.stdin, a.stdout, registries{a})
	if errors.Is(err, dockercred.ErrNotFound) {
		return &passedOn{code: exitFailed}
	}
	return err
}

// registries answers with tokens for Amazon ECR's, which nobody stores, and with what the keychain has for all others.
type registries struct{ *app }

var _ dockercred.Helper = registries{}

func (r registries) saved() dockercred.Saved { return dockercred.Saved{Secrets: r.secrets()} }

func (r registries) Get(ctx context.Context, server string) (dockercred.Credential, error) {
	registry, ok := dockercred.ParseRegistry(server)
	if !ok {
		return r.saved().Get(ctx, server)
	}
	if registry.Public {
		r.asker, r.person = unasked{}, nil // it serves strangers, too, if not as many images an hour
	}
	token, err := r.token(ctx, registry)
	switch {
	case errors.Is(err, awsconfig.ErrNoProfile) && r.getenv("AWS_PROFILE") == "": // and not a name that is wrong
		return dockercred.Credential{}, dockercred.ErrNotFound
	case err != nil && registry.Public:
		r.warn(fmt.Errorf("%s is asked without a login: %w", server, err))
		return dockercred.Credential{}, dockercred.ErrNotFound
	case err != nil:
		return dockercred.Credential{}, err
	}
	return dockercred.Credential{ServerURL: server, Username: mint.ECRUser, Secret: token.SessionToken}, nil
}

// unasked is for what is not worth a question.
type unasked struct{}

func (unasked) Ask(context.Context, prompt.Question) (string, error) { return "", prompt.ErrNobody }

// Store keeps no token of Amazon ECR's: it would be stale by tomorrow.
func (r registries) Store(ctx context.Context, c dockercred.Credential) error {
	if _, ok := dockercred.ParseRegistry(c.ServerURL); ok {
		return nil
	}
	return r.saved().Store(ctx, c)
}

// Erase forgets a token that is kept, so that the next one is new.
func (r registries) Erase(ctx context.Context, server string) error {
	registry, ok := dockercred.ParseRegistry(server)
	if !ok {
		return r.saved().Erase(ctx, server)
	}
	link, err := r.link(registry)
	if errors.Is(err, awsconfig.ErrNoProfile) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = r.sessions().of(link.Source).drop(link)
	return err
}

func (r registries) List(ctx context.Context) (map[string]string, error) { return r.saved().List(ctx) }

// token is kept and minted as sessions are: it is one more link of the profile's chain.
func (r registries) token(ctx context.Context, registry dockercred.Registry) (helper.Session, error) {
	link, err := r.link(registry)
	if err != nil {
		return helper.Session{}, err
	}
	return r.minted(ctx, link)
}

// minted is the token of a link, kept or new.
func (r registries) minted(ctx context.Context, link *helper.Profile) (helper.Session, error) {
	return r.madeWith(ctx, link, func(base helper.Source) helper.Source {
		return &mint.ECR{Base: base, Now: r.now, Network: r.network()}
	})
}

func (r registries) link(registry dockercred.Registry) (*helper.Profile, error) {
	p, err := r.owner(registry.Account)
	if err != nil {
		return nil, err
	}
	return r.linkOf(p, registry)
}

// linkOf is the token that a profile's session mints for a registry.
func (r registries) linkOf(p *helper.Profile, registry dockercred.Registry) (*helper.Profile, error) {
	config, err := r.awsConfig()
	if err != nil {
		return nil, err
	}
	service, settings := awsconfig.ECR, p.Name
	if registry.Public {
		service = awsconfig.ECRPublic
	}
	if p.KeyRef.Place == helper.InEnvironment {
		settings = r.profileName("")
	}
	client, err := config.Client(settings, service)
	client.Region, client.GlobalEndpoint = registry.Region, false
	client.FIPS, client.DualStack = client.FIPS || registry.FIPS, client.DualStack || registry.Dual
	return &helper.Profile{
		Name: p.Name, Kind: helper.RegistryToken, Source: p, Client: client, Inputs: &helper.Registry{Public: registry.Public},
	}, err
}

// owner is whose session a token is minted with: the environment's credentials, as they are; a profile of the registry's
// account, of several $AWS_PROFILE, "default", or the one that stands first; else $AWS_PROFILE or "default", whom the
// registry may let in as a stranger. Docker has no way to name a profile.
func (r registries) owner(account string) (*helper.Profile, error) {
	config, err := r.awsConfig()
	if err != nil {
		return nil, err
	}
	environment, err := config.Environment()
	if err != nil {
		return nil, err
	}
	if environment != nil {
		if environment.Kind == helper.UserKey {
			environment.Kind, environment.MFASerial = helper.RawKey, ""
		}
		return environment, nil
	}
	var own []string
	if account != "" {
		if own, err = r.signers("").OfAccount(account); err != nil {
			return nil, err
		}
	}
	name := r.profileName("")
	switch {
	case len(own) == 0 || slices.Contains(own, name):
	case slices.Contains(own, "default"):
		name = "default"
	default:
		name = own[0]
	}
	return r.profile(name)
}
