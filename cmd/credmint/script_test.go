//go:build linux

package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/skip2/go-qrcode"

	"credmint/helper/mfa"
	"credmint/helper/mint/awstest"
	"credmint/keychain/keychaintest"
)

// TestMain registers the real main under the names it is installed as.
func TestMain(m *testing.M) {
	testscript.Main(attentive{m}, map[string]func(){
		"credmint":                   main,
		"git-credential-credmint":    main,
		"git-remote-codecommit":      main,
		"docker-credential-credmint": main,
		"browser":                    browser,
		"authenticator":              authenticator,
		"forge-browser":              forgeBrowser,
		"terraform":                  terraform,
	})
}

// attentive are tests whose programs begin with no signal ignored. A shell without job control starts what runs in the
// background with ^C and ^\ ignored, and nohup ignores SIGHUP; a program would inherit that.
type attentive struct{ testscript.TestingM }

func (a attentive) Run() int {
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s) // what is caught here is as ever in a program that is started
		}
	}
	return a.TestingM.Run()
}

// authenticator prints the code of the seed that is its argument, as an authenticator app shows it.
func authenticator() {
	seed, err := mfa.ParseSeed(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(seed.Code(time.Now()))
}

// terraform is a program of the Go SDK's that says who it is.
func terraform() {
	ctx := context.Background()
	c, err := config.LoadDefaultConfig(ctx)
	if err == nil {
		var out *sts.GetCallerIdentityOutput
		if out, err = sts.NewFromConfig(c).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}); err == nil {
			fmt.Println(*out.Arn)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestScripts runs what a person would type, with the file keychain and a loopback AWS of its own for each script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup:               setUp,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"calls":     calls,
			"aws-is":    awsIs,
			"life":      life,
			"spoil":     spoil,
			"expand":    expand,
			"qr":        drawQR,
			"sso":       sso,
			"visit":     visit,
			"accounts":  accounts,
			"throttle":  throttle,
			"grant":     grant,
			"issuer":    issuer,
			"token":     token,
			"idp":       idp,
			"assertion": assertion,
			"minio":     minio,
			"console":   consoleIs,
			"outbound": func(ts *testscript.TestScript, _ bool, args []string) {
				theAWS(ts).SetOutboundIdentity(args[0] == "on")
			},
			"request-ids":    requestIDs,
			"programs":       programs,
			"accepts":        accepts,
			"at-console":     atConsole,
			"end-session":    endSession,
			"elsewhere":      elsewhere,
			"pod":            pod,
			"instance":       instance,
			"issue":          issue,
			"forge":          forgeIs,
			"password":       servicePassword,
			"secret":         secret,
			"clock":          clock,
			"user-key":       userKey,
			"new-key":        newKey,
			"propagation":    propagation,
			"lose":           lose,
			"keyring":        keyring,
			"password-store": passwordStore,
			"tpm":            tpmIs,
		},
	})
}

type awsKey struct{}

// setUp gives a script an empty home, the file keychain, and an AWS with a user and roles.
func setUp(env *testscript.Env) error {
	if err := writeScripts(env.WorkDir); err != nil {
		return err
	}
	aws := awstest.New()
	env.Values[awsKey{}] = aws
	env.Values[issuerKey{}], env.Values[idpKey{}] = new(*awstest.Issuer), new(*identityProvider)
	env.Values[forgeKey{}] = new(*theForge)
	env.Values[keyringKey{}] = new(*keychaintest.Bus)
	env.Values[tpmKey{}] = new(aTPM)
	url := aws.Start()
	env.Defer(aws.Close)
	setUpSSO(env, aws)
	alice := aws.AddUser("111111111111", "alice")
	device, second, third := alice.AddMFA("alice"), alice.AddMFA("second"), alice.AddMFA("third")
	reader := aws.AddRole("arn:aws:iam::222222222222:role/Reader", awstest.Trust{Principals: []string{alice.ARN}})
	admin := aws.AddRole("arn:aws:iam::222222222222:role/Admin", awstest.Trust{Principals: []string{alice.ARN}, RequireMFA: true})
	chained := aws.AddRole("arn:aws:iam::333333333333:role/Chained", awstest.Trust{Principals: []string{reader.ARN}, ExternalID: "blue"})
	root := aws.AddRoot("111111111111")
	setUpConsole(env, aws, alice)

	home := filepath.Join(env.WorkDir, "home")
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		return err
	}
	env.Setenv("HOME", home)
	env.Setenv("CREDMINT_KEYCHAIN", "file")
	env.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:") // whoever runs the tests keeps keys of their own there
	env.Setenv("CREDMINT_PASSPHRASE", "correct horse battery staple")
	if err := keychaintest.OpenCheaply(filepath.Join(home, ".local", "share", "credmint"), "correct horse battery staple"); err != nil {
		return err
	}
	env.Setenv("AWS_ENDPOINT_URL", url)
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for name, value := range map[string]string{
		"KEY_ID": alice.AccessKeyID, "SECRET": alice.Secret, "MFA": device.Serial, "SEED": device.Seed,
		"MFA2": second.Serial, "SEED2": second.Seed, "MFA3": third.Serial, "SEED3": third.Seed,
		"READER": reader.ARN, "WHOM": "arn:aws:sts::222222222222:assumed-role/Reader/alice", "ADMIN": admin.ARN, "CHAINED": chained.ARN,
		"ROOT_ID": root.AccessKeyID, "ROOT_SECRET": root.Secret,
	} {
		env.Setenv(name, value)
	}
	for _, more := range []func(*testscript.Env, *awstest.AWS, *awstest.User) error{
		refinements, machines, anywhere, lasting, rotations,
	} {
		if err := more(env, aws, alice); err != nil {
			return err
		}
	}
	return writeAll(env.WorkDir, map[string]string{
		"key":      alice.AccessKeyID + "\n" + alice.Secret + "\n",
		"root-key": root.AccessKeyID + "\n" + root.Secret + "\n",
	})
}

func writeAll(dir string, files map[string]string) error {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func theAWS(ts *testscript.TestScript) *awstest.AWS { return ts.Value(awsKey{}).(*awstest.AWS) }

// calls asserts how often AWS was asked for something since the last time: `calls AssumeRole=1 GetSessionToken=0`.
func calls(ts *testscript.TestScript, neg bool, args []string) {
	aws := theAWS(ts)
	for _, arg := range args {
		action, count, _ := strings.Cut(arg, "=")
		want, err := strconv.Atoi(count)
		ts.Check(err)
		if got := aws.Calls(action); (got == want) == neg {
			ts.Fatalf("%s was called %d times, want %d", action, got, want)
		}
	}
	aws.Reset()
}

// awsIs makes AWS fail from now on: `aws-is down`, `aws-is throttling`, `aws-is up`.
func awsIs(ts *testscript.TestScript, _ bool, args []string) {
	faults := map[string]awstest.Fault{
		"up":          {},
		"down":        {Status: 503, Body: "<html>no service</html>"},
		"away":        {Status: 503, Body: "<html>no service</html>"}, // all but what answers on a machine itself
		"html":        {Status: 200, Body: "<html>a proxy's page</html>"},
		"throttling":  {Throttle: 2},
		"redirecting": {Status: 307, Redirect: "https://evil.example/"},
		"long":        {HugeBody: true},
		"past":        {Expiration: time.Now().Add(-time.Hour)},
	}
	fault, ok := faults[args[0]]
	if !ok {
		ts.Fatalf("no such fault: %s of %v", args[0], slices.Sorted(maps.Keys(faults)))
	}
	aws := theAWS(ts)
	aws.ClearFaults()
	aws.SetFault("", fault)
	if args[0] == "away" {
		for _, action := range []string{"IMDSToken", "IMDSRole", "IMDSCredentials", "ContainerCredentials"} {
			aws.SetFault(action, awstest.Fault{})
		}
	}
}

// life makes AWS's next sessions last so long: `life 10m`; `life 0s` as asked.
func life(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	theAWS(ts).SetSessionLife(d)
}

// spoil damages every kept session: `spoil truncate`, `spoil flip`, `spoil fifo`.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	files, err := filepath.Glob(ts.MkAbs("home/.cache/credmint/sessions/????????????????????????????????????????????????????????????????"))
	ts.Check(err)
	if len(files) == 0 {
		ts.Fatalf("no session is kept")
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		ts.Check(err)
		switch args[0] {
		case "truncate":
			ts.Check(os.WriteFile(path, data[:len(data)/2], 0o600))
		case "flip":
			data[len(data)-1] ^= 1
			ts.Check(os.WriteFile(path, data, 0o600))
		case "fifo":
			ts.Check(os.Remove(path))
			ts.Check(syscall.Mkfifo(path, 0o600))
		}
	}
}

// expand copies a file and fills in the environment's variables: `expand FROM TO`.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// drawQR draws a QR code into a PNG file: `qr FILE TEXT`.
func drawQR(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(qrcode.WriteFile(args[1], qrcode.Medium, 300, ts.MkAbs(args[0])))
}
