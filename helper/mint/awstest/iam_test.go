package awstest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
)

const codeCommit = "codecommit.amazonaws.com"

// iamCaller calls IAM as somebody, and signs with the SDK's signer for a region.
type iamCaller struct {
	w      *world
	region string
	who    aws.Credentials
}

func (w *world) iam(region, id, secret, token string) *iamCaller {
	return &iamCaller{w, region, aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}}
}

func (w *world) iamAs(c *types.Credentials) *iamCaller {
	return w.iam("us-east-1", *c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

// iamAnswer is the document of an answer.
type iamAnswer string

// all are the texts of all elements of that name.
func (a iamAnswer) all(name string) (texts []string) {
	for _, found := range regexp.MustCompile("<"+name+">([^<]*)</"+name+">").FindAllStringSubmatch(string(a), -1) {
		texts = append(texts, found[1])
	}
	return texts
}

func (a iamAnswer) first(name string) string { return append(a.all(name), "")[0] }

// try calls an operation with names and values of parameters. An error is a smithy.APIError.
func (c *iamCaller) try(t testing.TB, action string, params ...string) (iamAnswer, error) {
	t.Helper()
	form := url.Values{"Action": {action}, "Version": {"2010-05-08"}}
	for i := 0; i < len(params); i += 2 {
		form.Set(params[i], params[i+1])
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.w.url+"/", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sum := sha256.Sum256([]byte(form.Encode()))
	if err := v4.NewSigner().SignHTTP(t.Context(), c.who, r, hex.EncodeToString(sum[:]), "iam", c.region, time.Now()); err != nil {
		t.Fatal(err)
	}
	status, text := send(t, r)
	answer := iamAnswer(text)
	if status != http.StatusOK {
		return "", &smithy.GenericAPIError{Code: answer.first("Code"), Message: answer.first("Message")}
	}
	if err := xml.Unmarshal([]byte(text), new(struct {
		XMLName xml.Name
	})); err != nil || !strings.Contains(text, "<"+action+`Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">`) {
		return "", fmt.Errorf("%v: %s", err, text)
	}
	return answer, nil
}

func (c *iamCaller) call(t testing.TB, action string, params ...string) iamAnswer {
	t.Helper()
	answer, err := c.try(t, action, params...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// The life of HTTPS Git credentials, as their own user sees it.
func TestGitCredentials(t *testing.T) {
	const id = "ServiceSpecificCredentialId"
	w := newWorld(t)
	alice := w.iam("us-east-1", w.alice.AccessKeyID, w.alice.Secret, "")
	create := func() iamAnswer {
		t.Helper()
		return alice.call(t, "CreateServiceSpecificCredential", "UserName", "alice", "ServiceName", codeCommit)
	}
	first, second := create(), create()
	made, err := time.Parse(time.RFC3339, first.first("CreateDate"))
	password := first.first("ServicePassword")
	if first.first("ServiceUserName") != "alice-at-111111111111" || second.first("ServiceUserName") != "alice+1-at-111111111111" ||
		len(password) != 44 || password == second.first("ServicePassword") || err != nil || time.Since(made) > time.Minute {
		t.Errorf("%s\n%s", first, second)
	}
	_, err = alice.try(t, "CreateServiceSpecificCredential", "UserName", "alice", "ServiceName", codeCommit)
	wantCode(t, err, "LimitExceeded", "2")
	if got := w.ServicePasswords(); len(got) != 2 || got["alice-at-111111111111"] != password {
		t.Errorf("%d passwords work", len(got))
	}

	reset := alice.call(t, "ResetServiceSpecificCredential", id, first.first(id))
	if again := reset.first("ServicePassword"); len(again) != 44 || again == password {
		t.Errorf("reset to %q", again)
	}
	alice.call(t, "DeleteServiceSpecificCredential", "UserName", "alice", id, first.first(id))
	_, err = alice.try(t, "DeleteServiceSpecificCredential", id, first.first(id))
	wantCode(t, err, "NoSuchEntity", first.first(id))
	list := alice.call(t, "ListServiceSpecificCredentials")
	if names := list.all("ServiceUserName"); len(names) != 1 || names[0] != second.first("ServiceUserName") || strings.Contains(string(list), "Password") {
		t.Errorf("listed %s", list)
	}
	if again := create(); again.first("ServiceUserName") != "alice-at-111111111111" {
		t.Errorf("the free name is not taken again: %s", again)
	}
}

// Who may ask IAM, and for whom, and how it must be signed.
func TestIAMRefuses(t *testing.T) {
	w := newWorld(t)
	w.AddUser("111111111111", "team/bob")
	w.AddIAMAdmin(readerARN)
	reader := assume(t, w.asAlice(), readerARN).Credentials
	list := func(c *iamCaller, name string) error {
		var params []string
		if name != "" {
			params = []string{"UserName", name}
		}
		_, err := c.try(t, "ListServiceSpecificCredentials", params...)
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
	_, err := alice.try(t, "CreateServiceSpecificCredential", "UserName", "alice", "ServiceName", "cassandra.amazonaws.com")
	wantCode(t, err, "NotSupportedService", "")
	_, err = alice.try(t, "ListUsers")
	wantCode(t, err, "InvalidAction", "ListUsers")
}

// The life of an access key, as its own user sees it.
func TestAccessKeys(t *testing.T) {
	const id = "AccessKeyId"
	w := newWorld(t)
	alice := w.iam("us-east-1", w.alice.AccessKeyID, w.alice.Secret, "")
	w.SetPropagation(2)
	made := alice.call(t, "CreateAccessKey", "UserName", "alice")
	next := w.iam("us-east-1", made.first(id), made.first("SecretAccessKey"), "")
	if made.first("Status") != "Active" || len(made.first("SecretAccessKey")) != 40 || made.first("UserName") != "alice" {
		t.Errorf("made %s", made)
	}
	_, err := alice.try(t, "CreateAccessKey")
	wantCode(t, err, "LimitExceeded", "AccessKeysPerUser: 2")
	if used := alice.call(t, "GetAccessKeyLastUsed", id, made.first(id)); used.first("LastUsedDate") != "" || used.first("ServiceName") != "N/A" {
		t.Errorf("a key that was never used: %s", used)
	}
	for range 2 { // it is not known everywhere yet
		_, err = next.try(t, "ListAccessKeys")
		wantCode(t, err, "InvalidClientTokenId", "")
	}
	list := next.call(t, "ListAccessKeys")
	if ids := list.all(id); len(ids) != 2 || ids[0] != w.alice.AccessKeyID || ids[1] != made.first(id) || list.first("SecretAccessKey") != "" {
		t.Errorf("listed %s", list)
	}
	if used := alice.call(t, "GetAccessKeyLastUsed", id, made.first(id)); used.first("LastUsedDate") == "" || used.first("ServiceName") != "iam" {
		t.Errorf("a key that was used: %s", used)
	}

	_, err = next.try(t, "UpdateAccessKey", id, w.alice.AccessKeyID, "Status", "Off")
	wantCode(t, err, "ValidationError", "status")
	alice.call(t, "UpdateAccessKey", id, w.alice.AccessKeyID, "Status", "Inactive") // a key may end itself
	_, err = alice.try(t, "ListAccessKeys")
	wantCode(t, err, "InvalidClientTokenId", "")
	if keys := w.alice.AccessKeys(); keys[w.alice.AccessKeyID] || !keys[made.first(id)] {
		t.Errorf("keys %v", keys)
	}
	next.call(t, "DeleteAccessKey", id, w.alice.AccessKeyID)
	_, err = next.try(t, "DeleteAccessKey", id, w.alice.AccessKeyID)
	wantCode(t, err, "NoSuchEntity", w.alice.AccessKeyID)
	bob := w.AddUser("111111111111", "bob")
	_, err = next.try(t, "DeleteAccessKey", id, bob.AccessKeyID)
	wantCode(t, err, "NoSuchEntity", bob.AccessKeyID)
	_, err = next.try(t, "CreateAccessKey", "UserName", "bob")
	wantCode(t, err, "AccessDenied", "iam:CreateAccessKey")
	_, err = next.try(t, "GetAccessKeyLastUsed", id, bob.AccessKeyID)
	wantCode(t, err, "NoSuchEntity", "")
}
