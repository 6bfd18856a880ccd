//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"credmint/helper/mint/awstest"
)

// refinements is what scripts need that narrow sessions, use the root user's tasks, or keep a key in Secrets Manager.
func refinements(env *testscript.Env, aws *awstest.AWS, alice *awstest.User) error {
	labelled := aws.AddRole("arn:aws:iam::222222222222:role/Labelled", awstest.Trust{
		Principals: []string{alice.ARN}, RequireSourceIdentity: true,
	})
	bot := aws.AddUser("111111111111", "bot")
	aws.AddSecret("111111111111", "bot/key", fmt.Sprintf(`{"aws_access_key_id":%q,"aws_secret_access_key":%q}`, bot.AccessKeyID, bot.Secret), alice.ARN)
	aws.AddSecret("111111111111", "bot/plain", "no JSON", alice.ARN)
	aws.AddSecret("111111111111", "others", "{}")
	aws.EnableRootAccess([]string{alice.ARN}, []string{"444444444444"})
	env.Setenv("LABELLED", labelled.ARN)
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	env.Setenv("USER", "alice")
	env.Setenv("WHO", "alice@"+host)
	return nil
}

// grant asserts what the session that stdout holds stands for: `grant 'arn=arn:aws:…' 'tags=a=b,c=d' 'policy={…}'`.
func grant(ts *testscript.TestScript, neg bool, args []string) {
	var document struct{ AccessKeyId string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &document))
	g, ok := theAWS(ts).Grant(document.AccessKeyId)
	if !ok {
		ts.Fatalf("AWS made no such session: %s", document.AccessKeyId)
	}
	var tags []string
	for key, value := range g.Tags {
		tags = append(tags, key+"="+value)
	}
	is := map[string]string{
		"arn": g.ARN, "policy": g.Policy, "arns": strings.Join(g.PolicyARNs, ","), "identity": g.SourceIdentity,
		"tags": strings.Join(tags, ","), "transitive": strings.Join(g.Transitive, ","), "life": g.Expires.Sub(g.Issued).Round(time.Minute).String(),
	}
	for _, arg := range args {
		name, want, _ := strings.Cut(arg, "=")
		got, known := is[name]
		if !known {
			ts.Fatalf("no %s of a grant", name)
		}
		if (got == want) == neg {
			ts.Fatalf("%s is %q, want %q", name, got, want)
		}
	}
}
