package mint

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"credmint/helper"
	"credmint/helper/gitcred"
)

// codeCommit is what IAM calls the service of HTTPS Git credentials.
const codeCommit = "codecommit.amazonaws.com"

// GitCredential is what IAM calls a service-specific credential, for CodeCommit: a user name and a password by which git
// acts as an IAM user, in every region. IAM tells the password once, when it makes it.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_ssh-keys.html.
type GitCredential struct {
	ID       string // ACCA…
	UserName string // alice-at-111111111111
	Active   bool
	Created  time.Time
	Password gitcred.Value // set by Create and Reset alone
}

// GitCredentials are those of one IAM user, who may have two.
type GitCredentials struct{ iamUser }

// GitCredentials opens those of a user, as AccessKeys does.
func (n *Network) GitCredentials(p *helper.Profile, s helper.Session, user string) *GitCredentials {
	return &GitCredentials{iamUser{User: user, Session: s, profile: p, network: n}}
}

// serviceCredential is one as IAM shows it.
type serviceCredential struct {
	helper.Unprinted

	ID       string    `xml:"ServiceSpecificCredentialId"`
	UserName string    `xml:"ServiceUserName"`
	Password string    `xml:"ServicePassword"`
	Status   string    `xml:"Status"`
	Created  time.Time `xml:"CreateDate"`
}

func (c serviceCredential) shown() GitCredential {
	return GitCredential{ID: c.ID, UserName: c.UserName, Active: c.Status == active, Created: c.Created}
}

// Create makes one more.
func (g *GitCredentials) Create(ctx context.Context) (GitCredential, error) {
	return g.made(ctx, "CreateServiceSpecificCredential", url.Values{"ServiceName": {codeCommit}})
}

// Reset gives one a new password. The old one is worth nothing from then on.
func (g *GitCredentials) Reset(ctx context.Context, id string) (GitCredential, error) {
	return g.made(ctx, "ResetServiceSpecificCredential", url.Values{"ServiceSpecificCredentialId": {id}})
}

// made has IAM make a password, and checks what it has made.
func (g *GitCredentials) made(ctx context.Context, action string, form url.Values) (GitCredential, error) {
	var out struct {
		Made serviceCredential `xml:"ServiceSpecificCredential"`
	}
	if err := g.call(ctx, action, form, &out); err != nil {
		return GitCredential{}, err
	}
	if out.Made.ID == "" || out.Made.UserName == "" || out.Made.Password == "" {
		return GitCredential{}, fmt.Errorf("profile %q: AWS answered without a user name and a password", g.profile.Name)
	}
	made := out.Made.shown()
	made.Password = gitcred.Some(out.Made.Password)
	return made, nil
}

// List returns all there are, the oldest first.
func (g *GitCredentials) List(ctx context.Context) ([]GitCredential, error) {
	var out struct {
		Listed []serviceCredential `xml:"ServiceSpecificCredentials>member"`
	}
	if err := g.call(ctx, "ListServiceSpecificCredentials", url.Values{"ServiceName": {codeCommit}}, &out); err != nil {
		return nil, err
	}
	var all []GitCredential
	for _, c := range out.Listed {
		all = append(all, c.shown())
	}
	return all, nil
}

// Delete ends one.
func (g *GitCredentials) Delete(ctx context.Context, id string) error {
	return g.call(ctx, "DeleteServiceSpecificCredential", url.Values{"ServiceSpecificCredentialId": {id}}, nil)
}
