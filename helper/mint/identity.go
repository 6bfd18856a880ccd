package mint

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper"
)

// Identity is whose credentials some are.
type Identity struct {
	AccountID string // twelve digits
	ARN       string
}

// CallerIdentity asks AWS whose key it is, called as the profile says. Every valid key may ask.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html.
func (n *Network) CallerIdentity(ctx context.Context, p *helper.Profile, key helper.AccessKey) (Identity, error) {
	return n.SessionIdentity(ctx, p, longLived(key))
}

// SessionIdentity is CallerIdentity for a session. ARN is the session's: of a role it names the assumed one.
func (n *Network) SessionIdentity(ctx context.Context, p *helper.Profile, s helper.Session) (Identity, error) {
	client, err := n.sts(p, s)
	if err != nil {
		return Identity{}, err
	}
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}, retries(false))
	if err != nil {
		return Identity{}, explain(p, "GetCallerIdentity", err)
	}
	id := Identity{AccountID: aws.ToString(out.Account), ARN: aws.ToString(out.Arn)}
	if len(id.AccountID) != 12 || helper.AccountOf(id.ARN) != id.AccountID {
		return Identity{}, fmt.Errorf("profile %q: AWS answered for account %q with ARN %q", p.Name, id.AccountID, id.ARN)
	}
	return id, nil
}
