//go:build unix

package main

import (
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"credmint/helper/mint/awstest"
)

const (
	machineRole = "arn:aws:iam::222222222222:role/Machine"
	fromMachine = "arn:aws:iam::333333333333:role/FromMachine"
)

// machines makes the script's machine an EC2 instance, and a task of ECS; nothing in the environment says so yet.
func machines(env *testscript.Env, aws *awstest.AWS, _ *awstest.User) error {
	aws.AddRole(machineRole, awstest.Trust{})
	aws.AddRole(fromMachine, awstest.Trust{Principals: []string{machineRole}})
	aws.SetInstance(machineRole)
	env.Setenv("TASK", aws.AddTask(machineRole, ""))
	return nil
}

// pod starts a pod of EKS, whose service account's token is then in the named file: `pod FILE`. The token that was there
// before is over.
func pod(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	if old, err := os.ReadFile(path); err == nil {
		theAWS(ts).EndPodToken(string(old))
	}
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
	ts.Check(os.WriteFile(path, []byte(theAWS(ts).AddPod(machineRole)), 0o600))
}

// instance gives the machine another role, or none: `instance`, `instance ROLE`.
func instance(ts *testscript.TestScript, _ bool, args []string) {
	theAWS(ts).SetInstance(append(args, "")[0])
}
