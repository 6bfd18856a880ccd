package mint

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

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
type GitCredentials struct {
	User    string // the IAM user's name
	profile *helper.Profile
	client  *iam.Client
}

// GitCredentials opens those of a user, with what the session may do. p says how IAM is to be called, and is named in
// errors. AWS takes no session of GetSessionToken here that was made without MFA.
func (n *Network) GitCredentials(p *helper.Profile, s helper.Session, user string) (*GitCredentials, error) {
	client, err := n.iam(p, s)
	return &GitCredentials{User: user, profile: p, client: client}, err
}

// iam is a service of the whole partition, and its signatures are for the region that it is in. The SDK knows which, but
// not at an endpoint that is given.
func (n *Network) iam(p *helper.Profile, s helper.Session) (*iam.Client, error) {
	c, err := n.config(p, s)
	if err != nil {
		return nil, err
	}
	if home := map[string]string{"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}[p.Partition()]; home != "" && c.BaseEndpoint != nil {
		c.Region = home
	}
	return iam.NewFromConfig(c, func(o *iam.Options) {
		o.EndpointOptions.UseFIPSEndpoint, o.EndpointOptions.UseDualStackEndpoint = variant(p)
	}), nil
}

// Create makes one more.
func (g *GitCredentials) Create(ctx context.Context) (GitCredential, error) {
	out, err := g.client.CreateServiceSpecificCredential(ctx, &iam.CreateServiceSpecificCredentialInput{
		UserName: aws.String(g.User), ServiceName: aws.String(codeCommit),
	})
	if err != nil {
		return GitCredential{}, explain(g.profile, "CreateServiceSpecificCredential", err)
	}
	return g.made(out.ServiceSpecificCredential)
}

// Reset gives one a new password. The old one is worth nothing from then on.
func (g *GitCredentials) Reset(ctx context.Context, id string) (GitCredential, error) {
	out, err := g.client.ResetServiceSpecificCredential(ctx, &iam.ResetServiceSpecificCredentialInput{
		UserName: aws.String(g.User), ServiceSpecificCredentialId: aws.String(id),
	})
	if err != nil {
		return GitCredential{}, explain(g.profile, "ResetServiceSpecificCredential", err)
	}
	return g.made(out.ServiceSpecificCredential)
}

// made checks what IAM has made.
func (g *GitCredentials) made(c *types.ServiceSpecificCredential) (GitCredential, error) {
	if c == nil || empty(c.ServiceUserName) || empty(c.ServicePassword) || empty(c.ServiceSpecificCredentialId) {
		return GitCredential{}, fmt.Errorf("profile %q: AWS answered without a user name and a password", g.profile.Name)
	}
	return GitCredential{
		ID: *c.ServiceSpecificCredentialId, UserName: *c.ServiceUserName, Active: c.Status == types.StatusTypeActive,
		Created: aws.ToTime(c.CreateDate), Password: gitcred.Some(*c.ServicePassword),
	}, nil
}

// List returns all there are, the oldest first.
func (g *GitCredentials) List(ctx context.Context) ([]GitCredential, error) {
	out, err := g.client.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{
		UserName: aws.String(g.User), ServiceName: aws.String(codeCommit),
	})
	if err != nil {
		return nil, explain(g.profile, "ListServiceSpecificCredentials", err)
	}
	var all []GitCredential
	for _, c := range out.ServiceSpecificCredentials {
		all = append(all, GitCredential{
			ID: aws.ToString(c.ServiceSpecificCredentialId), UserName: aws.ToString(c.ServiceUserName),
			Active: c.Status == types.StatusTypeActive, Created: aws.ToTime(c.CreateDate),
		})
	}
	return all, nil
}

// Delete ends one.
func (g *GitCredentials) Delete(ctx context.Context, id string) error {
	_, err := g.client.DeleteServiceSpecificCredential(ctx, &iam.DeleteServiceSpecificCredentialInput{
		UserName: aws.String(g.User), ServiceSpecificCredentialId: aws.String(id),
	})
	if err != nil {
		return explain(g.profile, "DeleteServiceSpecificCredential", err)
	}
	return nil
}

// gitCredentialHint is for refusals of these operations.
func (e *Error) gitCredentialHint() string {
	if !strings.Contains(e.Operation, "ServiceSpecificCredential") {
		return ""
	}
	switch e.Code {
	case "LimitExceeded":
		return "a user has two at most: run `credmint codecommit list " + e.Profile + "`, and `delete` or `reset` one of them"
	case "AccessDenied":
		return "the identity needs iam:" + e.Operation + " for that user; IAM's policy IAMSelfManageServiceSpecificCredentials lets users look after their own"
	}
	return ""
}
