// Loopback serves package awstest to other programs: it prints one line of JSON with everything a client needs, and
// serves until its standard input ends or it is told to stop. The demo and the benchmark start it.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"credmint/helper/mint/awstest"
)

func main() {
	aws := awstest.New()
	url := aws.Start()
	defer aws.Close()
	alice := aws.AddUser("111111111111", "alice")
	device := alice.AddMFA("alice")
	reader := aws.AddRole("arn:aws:iam::222222222222:role/Reader", awstest.Trust{Principals: []string{alice.ARN}})
	admin := aws.AddRole("arn:aws:iam::222222222222:role/Admin", awstest.Trust{
		Principals: []string{alice.ARN}, RequireMFA: true, MaxDuration: 12 * time.Hour,
	})
	chained := aws.AddRole("arn:aws:iam::333333333333:role/Chained", awstest.Trust{Principals: []string{reader.ARN}})
	line, err := json.Marshal(map[string]string{
		"endpoint": url, "account": alice.AccountID, "user_arn": alice.ARN,
		"access_key_id": alice.AccessKeyID, "secret_access_key": alice.Secret,
		"mfa_serial": device.Serial, "mfa_seed": device.Seed,
		"reader_role_arn": reader.ARN, "admin_role_arn": admin.ARN, "chained_role_arn": chained.ARN,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "loopback:", err)
		return
	}
	fmt.Printf("%s\n", line)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	select {
	case <-ctx.Done():
	case <-ended:
	}
}
