package mint_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"credmint/helper"
	"credmint/helper/mint"
)

// awsCLI runs AWS's own client with a session's credentials; these commands of it send nothing.
func awsCLI(t *testing.T, s helper.Session, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("aws")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no AWS CLI: install the package awscli")
		}
		t.Skip("no AWS CLI: install the package awscli")
	}
	cmd := exec.CommandContext(t.Context(), path, append(args, "--region", "eu-west-1", "--output", "json")...)
	cmd.Env = []string{
		"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true", "AWS_STS_REGIONAL_ENDPOINTS=regional",
		"AWS_ACCESS_KEY_ID=" + s.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + s.SecretAccessKey, "AWS_SESSION_TOKEN=" + s.SessionToken,
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("aws %s: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// sorted is a presigned address with its parameters in order, and when it was signed. botocore and the SDK order them in
// different ways; the signature is over the sorted ones.
func sorted(t *testing.T, address string) (string, time.Time) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse("20060102T150405Z", u.Query().Get("X-Amz-Date"))
	if err != nil {
		t.Fatal(err)
	}
	parameters := strings.Split(u.RawQuery, "&")
	slices.Sort(parameters)
	return u.Scheme + "://" + u.Host + u.Path + "?" + strings.Join(parameters, "&"), at
}

var example = helper.Session{
	AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", SessionToken: "a+b/c==d",
	Expires: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
}

func TestClusterTokenIsOfTheCLI(t *testing.T) {
	t.Parallel()
	var theirs struct {
		Status struct{ Token string }
	}
	if err := json.Unmarshal([]byte(awsCLI(t, example, "eks", "get-token", "--cluster-name", "blue")), &theirs); err != nil {
		t.Fatal(err)
	}
	text := func(token string) string {
		address, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, "k8s-aws-v1."))
		if err != nil || !strings.HasPrefix(token, "k8s-aws-v1.") {
			t.Fatal(token, err)
		}
		return string(address)
	}
	want, at := sorted(t, text(theirs.Status.Token))
	ours, err := mint.ClusterToken(t.Context(), &helper.Profile{Client: helper.Client{Region: "eu-west-1"}}, example, "blue", at)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := sorted(t, text(ours.Text)); got != want {
		t.Errorf("ours\n%s\nis not the CLI's\n%s", got, want)
	}
	if ours.Expires != at.Add(14*time.Minute) {
		t.Errorf("it ends %s, signed %s", ours.Expires, at)
	}
}

func TestDatabaseTokenIsOfTheCLI(t *testing.T) {
	t.Parallel()
	theirs := awsCLI(t, example, "rds", "generate-db-auth-token", "--hostname", "db.example", "--port", "3306", "--username", "a b+c/d")
	want, at := sorted(t, "https://"+theirs)
	ours, err := mint.DatabaseToken(t.Context(), example, "db.example", 3306, "a b+c/d", "eu-west-1", at)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := sorted(t, "https://"+ours.Text)
	// The SDK writes a space as %20 and botocore as a plus sign, which means the same.
	if want = strings.ReplaceAll(want, "a+b", "a%20b"); got != want {
		t.Errorf("ours\n%s\nis not the CLI's\n%s", got, want)
	}
}

// A token is worth nothing when the session that signed it is over, so it says so.
func TestTokensEndWithTheirSession(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	short := example
	short.Expires = now.Add(5 * time.Minute)
	p := &helper.Profile{Client: helper.Client{Region: "eu-west-1"}}
	for _, tt := range []struct {
		s    helper.Session
		want time.Duration
	}{{short, 5 * time.Minute}, {example, 14 * time.Minute}, {helper.Session{AccessKeyID: "AKIA"}, 14 * time.Minute}} {
		token, err := mint.ClusterToken(t.Context(), p, tt.s, "blue", now)
		if want := now.Add(tt.want).Truncate(time.Second); err != nil || token.Expires != want {
			t.Errorf("it ends %s, %v, want %s", token.Expires, err, want)
		}
	}
	for partition, want := range map[string]string{"cn-north-1": "sts.cn-north-1.amazonaws.com.cn", "us-gov-west-1": "sts.us-gov-west-1.amazonaws.com"} {
		token, err := mint.ClusterToken(t.Context(), &helper.Profile{Client: helper.Client{Region: partition}}, example, "blue", now)
		address, _ := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token.Text, "k8s-aws-v1."))
		if err != nil || !strings.HasPrefix(string(address), "https://"+want+"/?") {
			t.Errorf("%s: %s, %v", partition, address, err)
		}
	}
}
