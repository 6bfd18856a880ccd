package helper_test

import (
	"testing"

	"credmint/helper"
)

func TestAccountID(t *testing.T) {
	const arn, account = "arn:aws:iam::222222222222:role/R", "222222222222"
	key := helper.KeyRef{AccountID: "111111111111"}
	for name, tt := range map[string]struct {
		p    helper.Profile
		want string
	}{
		"a role, whatever its source":    {helper.Profile{Kind: helper.Role, RoleARN: arn, Source: &helper.Profile{KeyRef: key}}, account},
		"a key":                          {helper.Profile{Kind: helper.UserKey, KeyRef: key}, "111111111111"},
		"a key of which nothing is said": {helper.Profile{Kind: helper.UserKey}, ""},
		"Identity Center":                {helper.Profile{Kind: helper.SSORole, Inputs: &helper.SSOAssignment{AccountID: account}}, account},
		"a member's root, by account":    {helper.Profile{Kind: helper.RootTask, Inputs: &helper.RootTarget{TargetPrincipal: account}}, account},
		"a member's root, by ARN":        {helper.Profile{Kind: helper.RootTask, Inputs: &helper.RootTarget{TargetPrincipal: "arn:aws:iam::222222222222:root"}}, account},
		"another's inputs":               {helper.Profile{Kind: helper.WebIdentity, RoleARN: arn, Inputs: &helper.WebIdentityToken{File: "f"}}, account},
	} {
		if got := tt.p.AccountID(); got != tt.want {
			t.Errorf("%s: AccountID() = %q, want %q", name, got, tt.want)
		}
	}
}
