package awstest_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"credmint/helper/mint/awstest"
)

// cli is AWS's own command line client, which signs with botocore and not with the Go SDK.
type cli struct {
	path string
	w    *world
	env  []string
}

func newCLI(t *testing.T) *cli {
	t.Helper()
	path, err := exec.LookPath("/usr/bin/aws") // Debian's, which may be hidden behind another
	if err != nil {
		if path, err = exec.LookPath("aws"); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal("no AWS CLI: install the package awscli")
			}
			t.Skip("no AWS CLI: install the package awscli")
		}
	}
	if testing.Short() {
		t.Skip("the AWS CLI takes a second for each call")
	}
	w := newWorld(t)
	home := t.TempDir()
	return (&cli{path: path, w: w, env: []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=eu-west-1",
		"AWS_CONFIG_FILE=" + home + "/config", "AWS_SHARED_CREDENTIALS_FILE=" + home + "/credentials", "AWS_MAX_ATTEMPTS=1",
	}}).as(w.alice.AccessKeyID, w.alice.Secret, "")
}

func (c cli) as(id, secret, token string) *cli {
	c.env = append(append([]string{}, c.env...), "AWS_ACCESS_KEY_ID="+id, "AWS_SECRET_ACCESS_KEY="+secret)
	if token != "" {
		c.env = append(c.env, "AWS_SESSION_TOKEN="+token)
	}
	return &c
}

// answer is what the commands of these tests print.
type answer struct {
	Arn         string
	Credentials struct {
		AccessKeyId, SecretAccessKey, SessionToken string //nolint:revive // AWS's names
		Expiration                                 time.Time
	}
	AssumedRoleUser  struct{ Arn string }
	PackedPolicySize int
}

// sts runs a command; code is the error that it must print, if any.
func (c *cli) sts(t *testing.T, code string, args ...string) (a answer) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.path, append([]string{"sts", "--output", "json", "--endpoint-url", c.w.url}, args...)...)
	cmd.Env = c.env
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case code != "" && (err == nil || !strings.Contains(stderr.String(), "("+code+")")):
		t.Errorf("aws sts %s: %v, %s\nwant %s", args[0], err, stderr.String(), code)
	case code == "" && err != nil:
		t.Fatalf("aws sts %s: %v: %s", args[0], err, stderr.String())
	case code == "":
		if err := json.Unmarshal(out, &a); err != nil {
			t.Fatalf("aws sts %s: %v: %s", args[0], err, out)
		}
	}
	return a
}

func (c *cli) with(a answer) *cli {
	return c.as(a.Credentials.AccessKeyId, a.Credentials.SecretAccessKey, a.Credentials.SessionToken)
}

func TestAWSCLI(t *testing.T) {
	alice := newCLI(t)
	w := alice.w
	if id := alice.sts(t, "", "get-caller-identity"); id.Arn != w.alice.ARN {
		t.Errorf("caller %s", id.Arn)
	}
	alice.as(w.alice.AccessKeyID, "wrong", "").sts(t, "SignatureDoesNotMatch", "get-caller-identity")
	alice.as("AKIAIOSFODNN7EXAMPLE", w.alice.Secret, "").sts(t, "InvalidClientTokenId", "get-caller-identity")

	session := alice.with(alice.sts(t, "", "get-session-token", "--duration-seconds", "900"))
	if id := session.sts(t, "", "get-caller-identity"); id.Arn != w.alice.ARN {
		t.Errorf("caller of a session %s", id.Arn)
	}
	session.sts(t, "AccessDenied", "get-session-token")
	alice.sts(t, "ValidationError", "get-session-token", "--duration-seconds", "129601")

	assume := func(role string, more ...string) []string {
		return append([]string{"assume-role", "--role-arn", role, "--role-session-name", "me"}, more...)
	}
	role := session.sts(t, "", assume(readerARN, "--tags", "Key=Team,Value=a+b c", "--policy", `{"Statement": []}`, "--external-id", "any")...)
	if role.AssumedRoleUser.Arn != "arn:aws:sts::222222222222:assumed-role/Reader/me" || role.PackedPolicySize == 0 {
		t.Errorf("assumed %+v", role.AssumedRoleUser)
	}
	reader := alice.with(role)
	reader.sts(t, "ValidationError", assume(chainedARN, "--duration-seconds", "3601")...)
	chained := alice.with(reader.sts(t, "", assume(chainedARN)...))
	if id := chained.sts(t, "", "get-caller-identity"); id.Arn != "arn:aws:sts::333333333333:assumed-role/Chained/me" {
		t.Errorf("caller at the end of the chain %s", id.Arn)
	}
	w.Expire(role.Credentials.AccessKeyId)
	reader.sts(t, "ExpiredToken", "get-caller-identity")
}

func TestAWSCLIWithMFA(t *testing.T) {
	alice := newCLI(t)
	w := alice.w
	code, _ := w.mfa.Unused()
	mfa := []string{"--serial-number", w.mfa.Serial, "--token-code", code}
	admin := []string{"assume-role", "--role-arn", adminARN, "--role-session-name", "me"}
	session := alice.with(alice.sts(t, "", append([]string{"get-session-token"}, mfa...)...))
	alice.sts(t, "AccessDenied", append([]string{"get-session-token"}, mfa...)...)
	alice.sts(t, "AccessDenied", admin...)
	alice.sts(t, "AccessDenied", append(admin, mfa...)...)
	session.sts(t, "", admin...)
	code, _ = w.mfa.Unused()
	alice.sts(t, "", append(admin, "--serial-number", w.mfa.Serial, "--token-code", code)...)
}

// What needs no signature gets none of botocore's either, although there are credentials.
func TestAWSCLIWithIdentityProviders(t *testing.T) {
	alice := newCLI(t)
	w := alice.w
	token := w.issuer(t).Sign(awstest.Token{Subject: "repo:main", Audience: "sts.amazonaws.com"})
	web := alice.sts(t, "", "assume-role-with-web-identity", "--role-arn", deployARN, "--role-session-name", "me", "--web-identity-token", token)
	if id := alice.with(web).sts(t, "", "get-caller-identity"); id.Arn != "arn:aws:sts::222222222222:assumed-role/Deploy/me" {
		t.Errorf("caller %s", id.Arn)
	}
	idp := awstest.NewIdentityProvider("https://idp.example/")
	provider := w.AddSAMLProvider("222222222222", "Corp", idp)
	w.AddRole(deployARN, awstest.Trust{Federated: provider})
	assertion := idp.Sign(awstest.Assertion{Subject: "alice", Roles: []string{deployARN + "," + provider}})
	saml := alice.sts(t, "", "assume-role-with-saml", "--role-arn", deployARN, "--principal-arn", provider, "--saml-assertion", assertion)
	if id := alice.with(saml).sts(t, "", "get-caller-identity"); id.Arn != "arn:aws:sts::222222222222:assumed-role/Deploy/alice" {
		t.Errorf("caller %s", id.Arn)
	}
}
