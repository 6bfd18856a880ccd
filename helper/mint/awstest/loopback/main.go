// Loopback serves package awstest to other programs: the demo, the benchmark, scripts. It prints one line of JSON with
// everything that a client needs, and serves until its standard input ends, it is interrupted, or it is told to stop
// (POST /_awstest/stop). What else it can be told is in the package's control.go.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"credmint/helper/mint/awstest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "loopback:", err)
		os.Exit(1)
	}
}

// options are the command line's.
type options struct {
	listen, region, tlsDir string
	delay, life, clock     time.Duration
}

func parse(args []string, stderr io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("loopback", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:0", "`address` to serve on")
	flags.StringVar(&o.tlsDir, "tls-dir", "", "serve TLS, and write the CA to this `directory`")
	flags.StringVar(&o.region, "region", "", "take signatures for this `region` only")
	flags.DurationVar(&o.delay, "delay", 0, "answer so much later")
	flags.DurationVar(&o.life, "life", 0, "sessions last so long, whatever is asked")
	flags.DurationVar(&o.clock, "clock", 0, "how far this AWS's clock is ahead")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return o, nil
}

// run serves until ctx or stdin ends.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	aws := awstest.New()
	defer aws.Close()
	aws.SetRegion(o.region)
	aws.SetSessionLife(o.life)
	aws.SetClock(o.clock)
	if o.delay > 0 {
		aws.SetFault("", awstest.Fault{Delay: o.delay})
	}
	info := populate(aws)
	if err := serve(aws, o, info); err != nil {
		return err
	}
	populateCenter(aws, info)
	if err := json.NewEncoder(stdout).Encode(info); err != nil {
		return fmt.Errorf("print what to use: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		close(ended)
	}()
	select {
	case <-ctx.Done():
	case <-ended:
	case <-aws.Stopped():
	}
	return nil
}

// populate makes an account with a user and an MFA device, and roles in two others.
func populate(aws *awstest.AWS) map[string]string {
	alice := aws.AddUser("111111111111", "alice")
	device := alice.AddMFA("alice")
	reader := aws.AddRole("arn:aws:iam::222222222222:role/Reader", awstest.Trust{Principals: []string{alice.ARN}})
	admin := aws.AddRole("arn:aws:iam::222222222222:role/Admin", awstest.Trust{
		Principals: []string{alice.ARN}, RequireMFA: true, MaxDuration: 12 * time.Hour,
	})
	chained := aws.AddRole("arn:aws:iam::333333333333:role/Chained", awstest.Trust{Principals: []string{reader.ARN}})
	return map[string]string{
		"account": alice.AccountID, "user_arn": alice.ARN,
		"access_key_id": alice.AccessKeyID, "secret_access_key": alice.Secret,
		"mfa_serial": device.Serial, "mfa_seed": device.Seed,
		"reader_role_arn": reader.ARN, "admin_role_arn": admin.ARN, "chained_role_arn": chained.ARN,
	}
}

// populateCenter makes an Identity Center, whose person may be a Reader in two accounts and an Admin in one.
func populateCenter(aws *awstest.AWS, info map[string]string) {
	center := aws.AddIdentityCenter("alice")
	center.Person().Assign("111111111111", "Sandbox", "Reader", "Admin")
	center.Person().Assign("222222222222", "Production", "Reader")
	info["sso_start_url"] = center.StartURL
}

func serve(aws *awstest.AWS, o options, info map[string]string) error {
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	if o.tlsDir == "" {
		info["endpoint"] = aws.Serve(l)
		return nil
	}
	info["endpoint"] = aws.ServeTLS(l)
	info["ca_file"], err = aws.WriteCA(o.tlsDir)
	return err
}
