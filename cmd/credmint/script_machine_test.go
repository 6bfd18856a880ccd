//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"os"
	"path/filepath"
	"time"

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

const anywhereRole = "arn:aws:iam::222222222222:role/Anywhere"

type anchorKey struct{}

// anywhere makes a trust anchor of IAM Roles Anywhere, and a profile for one role.
func anywhere(env *testscript.Env, aws *awstest.AWS, _ *awstest.User) error {
	aws.AddRole(anywhereRole, awstest.Trust{Principals: []string{awstest.RolesAnywherePrincipal}})
	anchor := aws.AddTrustAnchor("eu-west-1", "222222222222", anywhereRole)
	env.Values[anchorKey{}] = anchor
	env.Setenv("ANCHOR", anchor.ARN)
	env.Setenv("ANYWHERE", anchor.ProfileARN)
	return nil
}

// issue has the trust anchor's authority issue a certificate through an intermediate one, and writes NAME.pem, NAME-key.pem
// and NAME-chain.pem: `issue NAME`, or `issue NAME 1h` for one that ended so long ago.
func issue(ts *testscript.TestScript, _ bool, args []string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	cert := ts.Value(anchorKey{}).(*awstest.TrustAnchor).Issue(args[0], key, true, func(c *x509.Certificate) {
		if len(args) > 1 {
			ago, err := time.ParseDuration(args[1])
			ts.Check(err)
			c.NotBefore, c.NotAfter = time.Now().Add(-2*ago), time.Now().Add(-ago)
		}
	})
	ts.Check(writeAll(ts.MkAbs("."), map[string]string{
		args[0] + ".pem": cert.PEM, args[0] + "-key.pem": cert.KeyPEM, args[0] + "-chain.pem": cert.ChainPEM,
	}))
}
