package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"credmint/helper/codecommit"
)

type remoteCmd struct {
	Remote string `arg:"" help:"The remote's name, or its URL."`
	URL    string `arg:"" help:"codecommit://[PROFILE@]REPOSITORY or codecommit::REGION://[PROFILE@]REPOSITORY."`
}

// Run lets git's own https helper do the work, with this program as its only credential helper. No secret is in an
// argument list or in the environment, no other helper is asked to store one, and stdin and stdout stay git's.
// credential.username, which a person may have set for all hosts, is taken away: CodeCommit has no such users.
// See https://git-scm.com/docs/gitremote-helpers.
func (c *remoteCmd) Run(ctx context.Context, a *app) error {
	remote, err := codecommit.ParseRemote(c.URL)
	if err != nil {
		return err
	}
	url, profile, err := a.remote(remote)
	if err != nil {
		return err
	}
	helper, err := helperCommand(profile, false)
	if err != nil {
		return err
	}
	git, err := gitProgram()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, git,
		"-c", "credential.helper=", "-c", "credential.helper="+helper, "-c", "credential.useHttpPath=true",
		"-c", "credential.username=", "remote-https", c.Remote, url)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &passedOn{code: exit.ExitCode()}
	}
	return err
}

// remote is the https URL that a codecommit:// one stands for, and the profile that signs for it: the one it names, else
// the one chosen for the repository. It is empty where the environment's credentials are chosen, or nobody's.
func (a *app) remote(r codecommit.Remote) (url, profile string, err error) {
	at := codecommit.Location{Endpoint: a.getenv("CODE_COMMIT_ENDPOINT")}
	choice, err := a.signers(r.Profile).Choose(codecommit.Target{
		Region: cmp.Or(r.Region, at.EndpointRegion()), Repository: r.Repository,
	})
	if err != nil {
		return "", "", err
	}
	if choice.Profile != "" && !choice.Default {
		if _, err := a.profile(choice.Profile); err != nil {
			return "", "", err
		}
		profile = choice.Profile
	}
	config, err := a.awsConfig()
	if err != nil {
		return "", "", err
	}
	name := a.profileName(choice.Profile)
	if at.Region, at.FIPS, err = config.Where(name); err != nil {
		return "", "", err
	}
	if r.Region == "" && at.Region == "" && at.Endpoint == "" {
		return "", "", advise(fmt.Errorf("profile %q: it has no region, and the URL names none", name),
			"write codecommit::REGION://%s, or set `region` in the profile", r.Repository)
	}
	url, err = r.URL(at)
	return url, profile, err
}

// passedOn is the failure of a program that has said all there is to say.
type passedOn struct{ code int }

func (e *passedOn) Error() string { return fmt.Sprintf("exit status %d", e.code) }

// gitProgram finds git on PATH, never in the working directory.
func gitProgram() (string, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return "", fmt.Errorf("find git: %w", err)
	}
	return git, nil
}
