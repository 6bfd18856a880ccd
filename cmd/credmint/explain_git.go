package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"credmint/helper/codecommit"
	"credmint/helper/gitcred"
)

// gitExplanation is what explain --git says; none of it is secret.
type gitExplanation struct {
	URL        string      `json:"url"` // that git asks about
	Host       string      `json:"host"`
	Region     string      `json:"region"`
	Repository string      `json:"repository"`
	Helper     string      `json:"helper,omitempty"` // the helper line in git's config
	Signs      string      `json:"signs"`            // the profile; "environment", or "nobody"
	Why        string      `json:"why"`
	PassedOver []candidate `json:"passed_over"`
	Notes      []string    `json:"notes,omitempty"` // what is in the way
}

type candidate struct {
	Who string `json:"who"`
	Why string `json:"why"`
}

// explainGit says who signs for a URL: the choice that `credmint git get` would make, by the code that makes it.
func (a *app) explainGit(ctx context.Context, address, line string) (*gitExplanation, error) {
	e := &gitExplanation{URL: address}
	if strings.HasPrefix(address, "codecommit:") {
		return e, a.explainRemote(e, line)
	}
	if err := e.readGitConfig(ctx, &line); err != nil {
		return nil, err
	}
	return e, a.explainChoice(e, line)
}

// explainRemote is for codecommit:// URLs, which need nothing of git's config.
func (a *app) explainRemote(e *gitExplanation, line string) error {
	remote, err := codecommit.ParseRemote(strings.TrimPrefix(e.URL, "codecommit::"))
	if err != nil {
		return err
	}
	if remote.Profile == "" {
		remote.Profile = line
	}
	if e.URL, _, err = a.remote(remote); err != nil {
		return err
	}
	if err := a.explainChoice(e, remote.Profile); err != nil {
		return err
	}
	if remote.Profile != "" && remote.Profile != line {
		e.Why = "the URL names it"
	}
	return nil
}

func (a *app) explainChoice(e *gitExplanation, line string) error {
	target, err := e.target()
	if err != nil {
		return err
	}
	chooser, err := a.signers(line).Chooser()
	if err != nil {
		return err
	}
	choice, err := chooser.Explain(target)
	if err != nil {
		return err
	}
	e.tell(choice)
	if choice.Profile != "" {
		if _, err := a.profile(choice.Profile); err != nil {
			e.Notes = append(e.Notes, err.Error())
		}
	}
	return nil
}

// target reads the URL as git does.
func (e *gitExplanation) target() (codecommit.Target, error) {
	c, err := gitcred.ParseURL(e.URL)
	if err != nil {
		return codecommit.Target{}, &usageError{err}
	}
	host, ok := codecommit.ParseHost(c.Protocol.Text(), c.Host.Text())
	if !ok {
		return codecommit.Target{}, fmt.Errorf("%s://%s is no host of CodeCommit over https: nothing is signed for it; "+
			"`credmint git list` shows what is stored", c.Protocol.Text(), c.Host.Text())
	}
	e.Host, e.Region, e.Repository = host.Name, host.Region, codecommit.RepositoryOf(c.Path.Text())
	return codecommit.Target{Region: e.Region, Repository: e.Repository, User: c.Username.Text()}, nil
}

// readGitConfig asks git which helper it asks for the URL, and whether it says which repository it asks for.
func (e *gitExplanation) readGitConfig(ctx context.Context, line *string) error {
	git, err := gitProgram()
	if err != nil {
		return err
	}
	if e.Helper, err = gitSetting(ctx, git, e.URL, "credential.helper"); err != nil {
		return err
	}
	useHTTPPath, err := gitSetting(ctx, git, e.URL, "credential.useHttpPath", "--type=bool")
	if err != nil {
		return err
	}
	profile, ours := codecommit.HelperProfile(e.Helper)
	if !ours {
		e.Notes = append(e.Notes, "git does not ask credmint for this host: run `credmint setup git`")
	}
	if useHTTPPath != "true" {
		e.Notes = append(e.Notes, "git does not say which repository it asks for, so nothing is signed: run `credmint setup git`")
	}
	if *line == "" {
		*line = profile
	}
	return nil
}

// gitSetting is what git's config says of a URL; empty where it says nothing.
func gitSetting(ctx context.Context, git, address, name string, options ...string) (string, error) {
	args := append([]string{"config"}, options...)
	out, err := exec.CommandContext(ctx, git, append(args, "--get-urlmatch", name, address)...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 { // it is not there
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("ask git for %s: %w", name, err)
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

func (e *gitExplanation) tell(choice codecommit.Choice) {
	e.Signs, e.Why = choice.Profile, choice.Why
	switch {
	case choice.Environment:
		e.Signs = "environment"
	case choice.Nobody():
		e.Signs = "nobody"
	}
	e.PassedOver = []candidate{}
	for _, p := range choice.PassedOver {
		e.PassedOver = append(e.PassedOver, candidate(p))
	}
	if choice.Conflict != "" {
		e.Notes = append(e.Notes, choice.Conflict)
	}
}

func (e *gitExplanation) text(a *app) error {
	t := a.table("url", e.URL)
	if e.Helper != "" {
		t.row("helper", e.Helper)
	}
	t.row("signs", e.Signs)
	t.row("because", e.Why)
	for _, note := range e.Notes {
		t.row("note", note)
	}
	if len(e.PassedOver) > 0 {
		t.row("passed over")
	}
	for _, p := range e.PassedOver {
		t.row("  "+p.Who, p.Why)
	}
	return t.Flush()
}
