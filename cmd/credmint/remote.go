package main

import (
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
// See https://git-scm.com/docs/gitremote-helpers.
func (c *remoteCmd) Run(ctx context.Context, a *app) error {
	remote, err := codecommit.ParseRemote(c.URL)
	if err != nil {
		return err
	}
	region, err := a.remoteRegion(remote)
	if err != nil {
		return err
	}
	url, err := remote.URL(region)
	if err != nil {
		return err
	}
	helper, err := helperCommand(remote.Profile)
	if err != nil {
		return err
	}
	git, err := gitProgram()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, git,
		"-c", "credential.helper=", "-c", "credential.helper="+helper, "-c", "credential.useHttpPath=true",
		"remote-https", c.Remote, url)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &passedOn{code: exit.ExitCode()}
	}
	return err
}

// remoteRegion is where the repository is: the URL says, or the profile, or the environment.
func (a *app) remoteRegion(remote codecommit.Remote) (string, error) {
	if remote.Region != "" {
		return remote.Region, nil
	}
	name := a.profileName(remote.Profile)
	config, err := a.awsConfig()
	if err != nil {
		return "", err
	}
	region, err := config.Region(name)
	if err != nil {
		return "", err
	}
	if region == "" {
		return "", advise(fmt.Errorf("profile %q: it has no region, and the URL names none", name),
			"write codecommit::REGION://%s, or set `region` in the profile", remote.Repository)
	}
	return region, nil
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
