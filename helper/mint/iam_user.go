package mint

import (
	"context"
	"net/url"

	"credmint/helper"
)

// iamUser is an IAM user, and how IAM is asked about what is theirs.
type iamUser struct {
	helper.Unwritten

	User    string          // the name
	Session helper.Session  // what it may do is what can be done
	profile *helper.Profile // says how IAM is to be called, and is named in errors
	network *Network
}

// active is the status of what works.
const active = "Active"

// call is a call of IAM's that takes the user's name.
func (u *iamUser) call(ctx context.Context, action string, more url.Values, out any) error {
	more.Set("UserName", u.User)
	return u.network.iam(ctx, u.profile, u.Session, action, more, out)
}
