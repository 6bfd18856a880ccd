// Outside looks at credmint from outside, on the system that credmint is on.
//
//	outside item NAME                 prints an item of the keychain as it lies there, read as any other program reads it
//	outside whoami PROFILE            is a program of AWS's SDK for Go, and says who it is
//	outside alone COMMAND...          runs a command where nobody sees what it shows on its terminal
//	outside with NAME=VALUE COMMAND.. runs a command with a variable more
//	outside hold FILE COMMAND...      runs a command while it has the file open, as an editor or a virus scanner does
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/zalando/go-keyring"
)

func main() {
	var err error
	switch os.Args[1] {
	case "item":
		err = item(os.Args[2])
	case "whoami":
		err = whoami(context.Background(), os.Args[2])
	case "alone":
		err = alone(os.Args[2:])
	case "with":
		err = with(os.Args[2], os.Args[3:])
	case "hold":
		err = hold(os.Args[2], os.Args[3:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "outside:", err)
		os.Exit(1)
	}
}

func item(name string) error {
	value, err := keyring.Get("credmint", name)
	if err == nil {
		fmt.Println(value)
	}
	return err
}

func whoami(ctx context.Context, profile string) error {
	c, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile))
	if err != nil {
		return err
	}
	out, err := sts.NewFromConfig(c).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err == nil {
		fmt.Println(*out.Arn)
	}
	return err
}

// hold lets go after a while that a person would not notice, when the command already wants the file.
func hold(path string, command []string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	time.AfterFunc(600*time.Millisecond, func() { _ = f.Close() })
	return program(command).Run()
}

func with(variable string, command []string) error {
	cmd := program(command)
	cmd.Env = append(os.Environ(), variable)
	return cmd.Run()
}

func program(command []string) *exec.Cmd {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd
}

func alone(command []string) error {
	cmd := program(command)
	cmd.SysProcAttr = unseen
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		os.Exit(exit.ExitCode())
	}
	return err
}
