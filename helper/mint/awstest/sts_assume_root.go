package awstest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// EnableRootAccess lets principals act for the root users of member accounts: IAM's centralized root access.
func (a *AWS) EnableRootAccess(principals, members []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rootAccess.principals, a.rootAccess.members = principals, members
}

// assumeRoot: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html.
func (a *AWS) assumeRoot(r request) (any, *refusal) {
	const longest = 900
	target, task := r.params.Get("TargetPrincipal"), r.params.Get("TaskPolicyArn.arn")
	member := target
	if strings.HasPrefix(target, "arn:") {
		member = accountOf(target)
	}
	life := time.Duration(longest) * time.Second
	if r.params.Has("DurationSeconds") {
		n, err := strconv.Atoi(r.params.Get("DurationSeconds"))
		if err != nil || n < 0 || n > longest {
			return nil, constraint(r.params.Get("DurationSeconds"), "durationSeconds", "Member must have value less than or equal to 900")
		}
		life = time.Duration(n) * time.Second
	}
	if failure := first(sized(target, "targetPrincipal", 12, 2048), sized(task, "taskPolicyArn", 20, 2048)); failure != nil {
		return nil, failure
	}
	switch {
	case !isTask(task):
		return nil, invalid("%s is not a valid task policy", task)
	case isRoot(r.who.arn), !slices.Contains(a.rootAccess.principals, r.who.principal), !slices.Contains(a.rootAccess.members, member):
		return nil, denied("User: %s is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::%s:root", r.who.arn, member)
	}
	arn := "arn:aws:iam::" + member + ":root"
	s := a.mint(Grant{ARN: arn, UserID: member, Principal: arn, PolicyARNs: []string{task}}, life, r.fault)
	return struct {
		Credentials    *credentials
		SourceIdentity string `xml:",omitempty"`
	}{s.credentials(r.fault), s.SourceIdentity}, nil
}

// isTask knows the policies of https://docs.aws.amazon.com/IAM/latest/UserGuide/security-iam-awsmanpol.html.
func isTask(arn string) bool {
	name, ok := strings.CutPrefix(arn, "arn:aws:iam::aws:policy/root-task/")
	return ok && slices.Contains([]string{
		"IAMAuditRootUserCredentials", "IAMCreateRootUserPassword", "IAMDeleteRootUserCredentials",
		"S3UnlockBucketPolicy", "SQSUnlockQueuePolicy",
	}, name)
}
