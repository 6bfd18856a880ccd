package awstest_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

const codeCommit = "codecommit.amazonaws.com"

func (w *world) iam(region, id, secret, token string) *iam.Client {
	return iam.New(iam.Options{
		Region: region, BaseEndpoint: &w.url, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}, nil
		}),
	})
}

func (w *world) iamAs(c *types.Credentials) *iam.Client {
	return w.iam("us-east-1", *c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

// The life of HTTPS Git credentials, as their own user sees it.
func TestGitCredentials(t *testing.T) {
	w := newWorld(t)
	alice := w.iam("us-east-1", w.alice.AccessKeyID, w.alice.Secret, "")
	create := func() *iam.CreateServiceSpecificCredentialOutput {
		t.Helper()
		out, err := alice.CreateServiceSpecificCredential(t.Context(), &iam.CreateServiceSpecificCredentialInput{
			UserName: aws.String("alice"), ServiceName: aws.String(codeCommit),
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first, second := create().ServiceSpecificCredential, create().ServiceSpecificCredential
	if *first.ServiceUserName != "alice-at-111111111111" || *second.ServiceUserName != "alice+1-at-111111111111" ||
		len(*first.ServicePassword) != 44 || *first.ServicePassword == *second.ServicePassword || time.Since(*first.CreateDate) > time.Minute {
		t.Errorf("%s and %s of %s", *first.ServiceUserName, *second.ServiceUserName, first.CreateDate)
	}
	_, err := alice.CreateServiceSpecificCredential(t.Context(), &iam.CreateServiceSpecificCredentialInput{
		UserName: aws.String("alice"), ServiceName: aws.String(codeCommit),
	})
	wantCode(t, err, "LimitExceeded", "2")
	if got := w.ServicePasswords(); len(got) != 2 || got["alice-at-111111111111"] != *first.ServicePassword {
		t.Errorf("%d passwords work", len(got))
	}

	reset, err := alice.ResetServiceSpecificCredential(t.Context(), &iam.ResetServiceSpecificCredentialInput{
		ServiceSpecificCredentialId: first.ServiceSpecificCredentialId,
	})
	if err != nil || *reset.ServiceSpecificCredential.ServicePassword == *first.ServicePassword {
		t.Errorf("reset: %v", err)
	}
	_, err = alice.DeleteServiceSpecificCredential(t.Context(), &iam.DeleteServiceSpecificCredentialInput{
		UserName: aws.String("alice"), ServiceSpecificCredentialId: first.ServiceSpecificCredentialId,
	})
	if err != nil {
		t.Error(err)
	}
	_, err = alice.DeleteServiceSpecificCredential(t.Context(), &iam.DeleteServiceSpecificCredentialInput{
		ServiceSpecificCredentialId: first.ServiceSpecificCredentialId,
	})
	wantCode(t, err, "NoSuchEntity", *first.ServiceSpecificCredentialId)
	list, err := alice.ListServiceSpecificCredentials(t.Context(), &iam.ListServiceSpecificCredentialsInput{})
	if err != nil || len(list.ServiceSpecificCredentials) != 1 || *list.ServiceSpecificCredentials[0].ServiceUserName != *second.ServiceUserName {
		t.Errorf("list: %+v, %v", list, err)
	}
	if again := create().ServiceSpecificCredential; *again.ServiceUserName != "alice-at-111111111111" {
		t.Errorf("the free name is not taken again: %s", *again.ServiceUserName)
	}
}

// Who may ask IAM, and for whom, and how it must be signed.
func TestIAMRefuses(t *testing.T) {
	w := newWorld(t)
	w.AddUser("111111111111", "team/bob")
	w.AddIAMAdmin(readerARN)
	reader := assume(t, w.asAlice(), readerARN).Credentials
	list := func(c *iam.Client, name string) error {
		in := &iam.ListServiceSpecificCredentialsInput{}
		if name != "" {
			in.UserName = &name
		}
		_, err := c.ListServiceSpecificCredentials(t.Context(), in)
		return err
	}
	alice := w.iam("us-east-1", w.alice.AccessKeyID, w.alice.Secret, "")
	for name, tt := range map[string]struct {
		err         error
		code, words string
	}{
		"own":                         {list(alice, ""), "", ""},
		"own, by name":                {list(alice, "alice"), "", ""},
		"another's":                   {list(alice, "bob"), "AccessDenied", "iam:ListServiceSpecificCredentials on resource: user bob"},
		"another region":              {list(w.iam("eu-west-1", w.alice.AccessKeyID, w.alice.Secret, ""), ""), "SignatureDoesNotMatch", "valid region"},
		"a session without MFA":       {list(w.iamAs(w.session(t, false)), ""), "InvalidClientTokenId", ""},
		"a session with MFA":          {list(w.iamAs(w.session(t, true)), ""), "", ""},
		"a role, without a name":      {list(w.iamAs(reader), ""), "ValidationError", "userName"},
		"an admin, of no user":        {list(w.iamAs(reader), "carol"), "NoSuchEntity", "carol"},
		"a name of no user's":         {list(alice, "a b"), "ValidationError", "userName"},
		"an admin of another account": {list(w.iamAs(reader), "alice"), "NoSuchEntity", "alice"},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, tt.err, tt.code, tt.words) })
	}
	_, err := alice.CreateServiceSpecificCredential(t.Context(), &iam.CreateServiceSpecificCredentialInput{
		UserName: aws.String("alice"), ServiceName: aws.String("cassandra.amazonaws.com"),
	})
	wantCode(t, err, "NotSupportedService", "")
	_, err = alice.ListUsers(t.Context(), &iam.ListUsersInput{})
	wantCode(t, err, "InvalidAction", "ListUsers")
}
