//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"credmint/helper"
	"credmint/helper/mint/awstest"
	"credmint/helper/prompt"
)

// clientOf asks AWS who it is: before and, once it is told, after its session has ended. It returns both answers.
type clientOf func(d *desktop, vars []variable, meanwhile func()) (before, after string)

const botoTwice = `
import boto3, os, sys
sts = boto3.client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
for _ in range(2):
    print(sts.get_caller_identity()["Arn"], flush=True)
    sys.stdin.readline()
`

func boto3Twice(d *desktop, vars []variable, meanwhile func()) (before, after string) {
	return d.twice(d.command("/usr/bin/python3", "-c", botoTwice), vars, meanwhile)
}

// jsTwice has the SDK renew when it would: five minutes before the end by its own clock.
const jsTwice = `
const { STSClient, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");
const lines = require("readline").createInterface({ input: process.stdin })[Symbol.asyncIterator]();
(async () => {
    const sts = new STSClient({ endpoint: process.env.AWS_ENDPOINT_URL });
    console.log((await sts.send(new GetCallerIdentityCommand({}))).Arn);
    await lines.next();
    await sts.config.credentials({ forceRefresh: true });
    console.log((await sts.send(new GetCallerIdentityCommand({}))).Arn);
    process.exit(0);
})();
`

func javaScriptTwice(d *desktop, vars []variable, meanwhile func()) (before, after string) {
	dir := os.Getenv("CREDMINT_TEST_AWS_SDK_JS")
	if dir == "" {
		missing(d.t, "AWS's SDK for JavaScript is missing: CREDMINT_TEST_AWS_SDK_JS names no folder with node_modules/@aws-sdk/client-sts")
	}
	needProgram(d.t, "node", "nodejs")
	cmd := d.command("node", "-e", jsTwice)
	cmd.Dir = dir
	return d.twice(cmd, vars, meanwhile)
}

// twice runs a client that asks, writes the answer, and asks again once it has read a line.
func (d *desktop) twice(cmd *exec.Cmd, vars []variable, meanwhile func()) (before, after string) {
	cmd.Env, cmd.Stderr = childEnvironment(d.env, vars), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	before, _ = lines.ReadString('\n')
	meanwhile()
	_, _ = io.WriteString(in, "\n")
	after, _ = lines.ReadString('\n')
	in.Close()
	if err := cmd.Wait(); err != nil {
		d.t.Error(err)
	}
	return before, after
}

func cliTwice(d *desktop, vars []variable, meanwhile func()) (before, after string) {
	ask := func() string {
		cmd := d.command("/usr/bin/aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text", "--endpoint-url", d.url)
		cmd.Env = childEnvironment(d.env, vars)
		return d.mustRun(cmd)
	}
	before = ask()
	meanwhile()
	return before, ask()
}

func goTwice(d *desktop, vars []variable, meanwhile func()) (before, after string) {
	var files []string
	for _, v := range vars {
		if v.name == "AWS_CONFIG_FILE" { // the endpoint, which is in this process, has other files
			files = append(files, v.value)
		} else {
			d.t.Setenv(v.name, v.value)
		}
	}
	c, err := config.LoadDefaultConfig(d.t.Context(), config.WithSharedConfigFiles(files), config.WithSharedCredentialsFiles(nil),
		config.WithCredentialsCacheOptions(func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = 10 * time.Minute }))
	if err != nil {
		d.t.Fatal(err)
	}
	client := sts.NewFromConfig(c)
	ask := func() string {
		out, err := client.GetCallerIdentity(d.t.Context(), &sts.GetCallerIdentityInput{})
		if err != nil {
			d.t.Error(err)
			return ""
		}
		return *out.Arn
	}
	before = ask()
	meanwhile()
	return before, ask()
}

// Real clients work on when their session has ended: by the clock, and at AWS. [default] is somebody else, whom none of
// them becomes.
func TestEndpointOutlivesSessions(t *testing.T) {
	d := newDesktop(t)
	needProgram(t, "/usr/bin/aws", "awscli")
	if err := exec.Command("/usr/bin/python3", "-c", "import boto3").Run(); err != nil {
		missing(t, "boto3 is missing: install Debian's python3-boto3")
	}
	text, err := os.ReadFile(filepath.Join(d.home, ".aws", "config"))
	if err != nil {
		t.Fatal(err)
	}
	d.write(".aws/config", "[default]\ncredential_process = "+d.self+" aws plain\n\n"+string(text))
	for name, client := range map[string]clientOf{"AWS CLI": cliTwice, "boto3": boto3Twice, "Go SDK": goTwice, "JavaScript SDK": javaScriptTwice} {
		t.Run(name, func(t *testing.T) {
			d := *d
			d.t = t
			d.outlive(client)
		})
	}
	d.noSecretIn(d.home)
}

// clocked is an app in this process, whose clock can be set ahead of AWS's.
type clocked struct {
	*app
	ahead atomic.Int64
}

func (d *desktop) clocked() *clocked {
	for _, e := range d.env {
		name, value, _ := strings.Cut(e, "=")
		d.t.Setenv(name, value)
	}
	c := &clocked{app: newApp()}
	c.now = func() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }
	c.kept.Now = c.now
	return c
}

// serving is the endpoint of a profile, as a program finds it, and the session that it starts with.
func (d *desktop) serving(a *clocked, profile string) ([]variable, helper.Session) {
	p, err := a.profile(profile)
	if err != nil {
		d.t.Fatal(err)
	}
	s, err := a.first(d.t.Context(), p)
	if err != nil {
		d.t.Fatal(err)
	}
	scratch := &scratch{}
	d.t.Cleanup(scratch.remove)
	vars, err := a.identity(p.Name, scratch)
	if err != nil {
		d.t.Fatal(err)
	}
	endpoint, err := a.serveChild(d.t.Context(), p, s)
	if err != nil {
		d.t.Fatal(err)
	}
	return append(vars, endpoint...), s
}

func (d *desktop) outlive(client clientOf) {
	a := d.clocked()
	if err := a.sessions().Dir.DeleteAll(); err != nil {
		d.t.Fatal(err)
	}
	d.aws.SetSessionLife(9 * time.Minute) // within botocore's window: it asks for each request
	vars, s := d.serving(a, "reader")
	before, after := client(d, vars, func() {
		d.aws.SetSessionLife(20 * time.Minute)
		a.ahead.Store(int64(10 * time.Minute))
		d.aws.Expire(s.AccessKeyID)
		d.aws.Reset()
	})
	if strings.TrimSpace(before) != readerARN || strings.TrimSpace(after) != readerARN {
		d.t.Errorf("it was %q, then %q", before, after)
	}
	if n := d.aws.Calls("AssumeRole"); n != 1 {
		d.t.Errorf("renewed %d times", n)
	}
}

// device is a person who reads codes from an MFA device.
type device struct{ *awstest.Device }

func (d device) Ask(context.Context, prompt.Question) (string, error) {
	code, _ := d.Unused()
	return code, nil
}

// A session that needs a person is asked for on no terminal: the program is told what to type, and a person once. What
// they get elsewhere is served.
func TestEndpointNeedsAPerson(t *testing.T) {
	d := newDesktop(t)
	d.env = append(d.env, "DISPLAY=", "WAYLAND_DISPLAY=", "CREDMINT_PROMPT=")
	a := d.clocked()
	var words bytes.Buffer
	a.stderr, a.asker = &words, device{d.mfa}
	d.aws.SetSessionLife(20 * time.Minute)
	vars, _ := d.serving(a, "admin")
	once := func() (int, string) {
		var uri, token string
		for _, v := range vars {
			switch v.name {
			case "AWS_CONTAINER_CREDENTIALS_FULL_URI":
				uri = v.value
			case "AWS_CONTAINER_AUTHORIZATION_TOKEN":
				token = v.value
			}
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, uri, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(body)
	}
	ask := func() (status int, body string) {
		a.ahead.Add(int64(10 * time.Second)) // the pause between two attempts
		until(t, "an answer that is none to wait for another", func() bool {
			status, body = once()
			return !strings.Contains(body, "ask again in a second") // as a busy machine has it
		})
		return status, body
	}
	if status, _ := ask(); status != 200 {
		t.Fatalf("status %d", status)
	}
	a.ahead.Add(int64(20 * time.Minute))
	for range 3 {
		if status, body := ask(); status != 403 || !strings.Contains(body, "PersonNeeded") || !strings.Contains(body, "credmint login admin") {
			t.Errorf("%d %s", status, body)
		}
	}
	if n := strings.Count(words.String(), "credmint login admin"); n != 1 {
		t.Errorf("a person was told %d times: %s", n, words.String())
	}
	d.aws.SetSessionLife(0)
	elsewhere := d.clocked()
	elsewhere.asker = device{d.mfa}
	elsewhere.ahead.Store(a.ahead.Load())
	if _, err := elsewhere.session(t.Context(), "admin"); err != nil {
		t.Fatal(err)
	}
	if status, body := ask(); status != 200 {
		t.Errorf("%d %s", status, body)
	}
}
