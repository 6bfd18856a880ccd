package awstest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"credmint/helper/mint/awstest"
)

// What AssumeRole refuses before it looks at a role.
func TestAssumeRoleForm(t *testing.T) {
	w := newWorld(t)
	name := func(s string) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) { in.RoleSessionName = &s }
	}
	policy := func(s string) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) { in.Policy = &s }
	}
	tags := func(keys ...string) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) {
			for _, k := range keys {
				in.Tags = append(in.Tags, types.Tag{Key: aws.String(k), Value: aws.String(strings.Repeat("v", 200))})
			}
		}
	}
	many := make([]string, 51)
	for i := range many {
		many[i] = fmt.Sprint("key", i)
	}
	statement := func(n int) string { return `{"Statement":["` + strings.Repeat("x", n-18) + `"]}` }
	tests := map[string]struct {
		change      func(*sts.AssumeRoleInput)
		code, words string
	}{
		"short name":        {name("x"), "ValidationError", "roleSessionName"},
		"least name":        {name("xy"), "", ""},
		"most name":         {name(strings.Repeat("x", 64)), "", ""},
		"long name":         {name(strings.Repeat("x", 65)), "ValidationError", "roleSessionName"},
		"name's characters": {name("a_+=,.@-Z9"), "", ""},
		"space in name":     {name("a b"), "ValidationError", `[\w+=,.@-]*`},
		"no ARN":            {func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String("some-role-of-the-account") }, "ValidationError", "is invalid"},
		"user's ARN":        {func(in *sts.AssumeRoleInput) { in.RoleArn = &w.alice.ARN }, "ValidationError", "is invalid"},
		"external id":       {func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String("a b") }, "ValidationError", "externalId"},
		"source identity":   {func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("x") }, "ValidationError", "sourceIdentity"},
		"policy":            {policy(statement(2048)), "", ""},
		"long policy":       {policy(statement(2049)), "ValidationError", "policy"},
		"no JSON":           {policy("{"), "MalformedPolicyDocument", ""},
		"no policy":         {policy("{}"), "MalformedPolicyDocument", ""},
		"policy's ARN": {func(in *sts.AssumeRoleInput) {
			in.PolicyArns = []types.PolicyDescriptorType{{Arn: aws.String("short")}}
		}, "ValidationError", "policyArns"},
		"eleven ARNs":      {arns(11), "ValidationError", "policyArns"},
		"ten ARNs":         {arns(10), "", ""},
		"ten tags":         {tags(many[:10]...), "", ""},
		"too many tags":    {tags(many...), "ValidationError", "tags"},
		"too large":        {tags(many[:30]...), "PackedPolicyTooLarge", "of allotted space"},
		"tag twice":        {tags("Team", "team"), "InvalidParameterValue", "Duplicate tag keys"},
		"tag's characters": {tags("a*b"), "ValidationError", "tags.key"},
		"transitive":       {func(in *sts.AssumeRoleInput) { in.TransitiveTagKeys = []string{"Team"} }, "InvalidParameterValue", "must be included"},
	}
	for test, tt := range tests {
		t.Run(test, func(t *testing.T) {
			_, err := tryAssume(t, w.asAlice(), readerARN, tt.change)
			wantCode(t, err, tt.code, tt.words)
		})
	}
}

func arns(n int) func(*sts.AssumeRoleInput) {
	return func(in *sts.AssumeRoleInput) {
		for i := range n {
			in.PolicyArns = append(in.PolicyArns, types.PolicyDescriptorType{Arn: aws.String(fmt.Sprint("arn:aws:iam::aws:policy/Policy", i))})
		}
	}
}

// Tags, policies and the source identity are kept with the session, and what is transitive goes along a chain.
func TestScopeDown(t *testing.T) {
	w := newWorld(t)
	out := assume(t, w.asAlice(), readerARN, arns(2), func(in *sts.AssumeRoleInput) {
		in.Policy = aws.String(`{"Statement": []}`)
		in.SourceIdentity = aws.String("alice")
		in.Tags = []types.Tag{{Key: aws.String("Team"), Value: aws.String("blau + grün")}, {Key: aws.String("Cost"), Value: aws.String("")}}
		in.TransitiveTagKeys = []string{"Team"}
	})
	if got := int(aws.ToInt32(out.SessionTokenSize)); got != len(*out.Credentials.SessionToken) {
		t.Errorf("token size %d, want %d", got, len(*out.Credentials.SessionToken))
	}
	if got := aws.ToString(out.SourceIdentity); got != "alice" {
		t.Errorf("source identity %q", got)
	}
	g, _ := w.Grant(*out.Credentials.AccessKeyId)
	if g.Policy != `{"Statement": []}` || len(g.PolicyARNs) != 2 || len(g.Tags) != 2 || g.Tags["Team"] != "blau + grün" {
		t.Errorf("the session is %+v", g)
	}
	reader := w.as(out.Credentials)
	next := assume(t, reader, chainedARN)
	g, _ = w.Grant(*next.Credentials.AccessKeyId)
	if len(g.Tags) != 1 || g.Tags["Team"] != "blau + grün" || g.SourceIdentity != "alice" || g.Policy != "" {
		t.Errorf("the next session is %+v", g)
	}
	w.AddRole("arn:aws:iam::444444444444:role/Last", awstest.Trust{Principals: []string{chainedARN}})
	last := assume(t, w.as(next.Credentials), "arn:aws:iam::444444444444:role/Last")
	if g, _ = w.Grant(*last.Credentials.AccessKeyId); len(g.Tags) != 1 || g.SourceIdentity != "alice" {
		t.Errorf("the last session is %+v", g)
	}
	_, err := tryAssume(t, reader, chainedARN, func(in *sts.AssumeRoleInput) {
		in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}
	})
	wantCode(t, err, "InvalidParameterValue", "conflicts with a transitive tag key")
	_, err = tryAssume(t, reader, chainedARN, func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("mallory") })
	wantCode(t, err, "AccessDenied", "sts:SetSourceIdentity")
}

func TestCallsAndLog(t *testing.T) {
	w := newWorld(t)
	w.session(t, false)
	assume(t, w.asAlice(), readerARN)
	_, _ = tryAssume(t, w.asAlice(), adminARN)
	if w.Calls("GetSessionToken") != 1 || w.Calls("AssumeRole") != 1 || w.Calls("GetCallerIdentity") != 0 {
		t.Errorf("calls %+v", w.Log())
	}
	log := w.Log()
	if len(log) != 3 {
		t.Fatalf("%d calls, want 3", len(log))
	}
	c := log[2]
	if c.Error != "AccessDenied" || c.Caller != w.alice.ARN || c.Params.Get("RoleArn") != adminARN || c.Region != "eu-west-1" ||
		c.AccessKeyID != w.alice.AccessKeyID || !strings.Contains(c.UserAgent, "aws-sdk-go-v2") || "http://"+c.Host != w.url || c.Time.IsZero() {
		t.Errorf("the last call is %+v", c)
	}
	if strings.Contains(fmt.Sprintf("%+v", log), w.alice.Secret) {
		t.Error("the log has a secret")
	}
	w.Reset()
	w.SetFault("", awstest.Fault{Code: "AccessDenied"})
	_, _ = tryAssume(t, w.asAlice(), readerARN)
	if log := w.Log(); len(log) != 1 || log[0].Error != awstest.Unanswered || w.Calls("AssumeRole") != 0 {
		t.Errorf("log %+v", log)
	}
}
