package awstest

import (
	"slices"
	"strings"
	"time"
)

func assumeRoleParams() []string {
	return []string{
		"RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId", "SerialNumber", "TokenCode", "SourceIdentity",
		"Policy", "PolicyArns.member.", "Tags.member.", "TransitiveTagKeys.member.", "ProvidedContexts.member.",
	}
}

// assumeRole: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
func (a *AWS) assumeRole(r request) (any, *refusal) {
	life, failure := r.assumeRoleForm()
	if failure != nil {
		return nil, failure
	}
	scope, failure := r.scopeDown()
	if failure != nil {
		return nil, failure
	}
	if isRoot(r.who.arn) {
		return nil, denied("Roles may not be assumed by root accounts.")
	}
	if r.who.session != nil && (r.who.session.Federated || isRoot(r.who.session.ARN)) {
		return nil, denied("Cannot call AssumeRole with federation or root task credentials")
	}
	mfa, failure := a.multiFactor(r)
	if failure != nil {
		return nil, failure
	}
	role := a.roles[r.params.Get("RoleArn")]
	if role == nil {
		return nil, r.mayNot("AssumeRole", "")
	}
	if failure := role.Trust.refusal(r, mfa, scope); failure != nil {
		return nil, failure
	}
	switch chained := r.who.session != nil && r.who.session.Role; {
	case chained && life > time.Hour:
		return nil, invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	case life > role.Trust.MaxDuration:
		return nil, invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	scope.FirstHand = r.who.session == nil
	s := a.mint(role.grant(scope.Grant, r.params.Get("RoleSessionName")), life, r.fault)
	return assumed(s, r.fault, scope.packed), nil
}

// assumedRole is the answer of the operations that assume a role, or its beginning.
type assumedRole struct {
	Credentials     *credentials
	AssumedRoleUser struct {
		AssumedRoleID string `xml:"AssumedRoleId"`
		Arn           string
	}
	PackedPolicySize int    `xml:",omitempty"`
	SourceIdentity   string `xml:",omitempty"`
	SessionTokenSize int
}

func assumed(s *session, f Fault, packed int) assumedRole {
	out := assumedRole{
		Credentials: s.credentials(f), PackedPolicySize: packed, SourceIdentity: s.SourceIdentity, SessionTokenSize: len(s.token),
	}
	out.AssumedRoleUser.AssumedRoleID, out.AssumedRoleUser.Arn = s.UserID, s.ARN
	if f.Account != "" {
		out.AssumedRoleUser.Arn = strings.Replace(s.ARN, accountOf(s.ARN), f.Account, 1)
	}
	return out
}

// assumeRoleForm checks what needs no knowledge of the role.
func (r request) assumeRoleForm() (time.Duration, *refusal) {
	const nameChars = "+=,.@-"
	life, failure := r.durationSeconds(3600, 43200)
	checks := []*refusal{
		failure,
		sized(r.params.Get("RoleArn"), "roleArn", 20, 2048),
		matches(r.params.Get("RoleSessionName"), "roleSessionName", 2, 64, nameChars),
	}
	if r.params.Has("ExternalId") {
		checks = append(checks, matches(r.params.Get("ExternalId"), "externalId", 2, 1224, nameChars+":/"))
	}
	if r.params.Has("SourceIdentity") {
		checks = append(checks, matches(r.params.Get("SourceIdentity"), "sourceIdentity", 2, 64, nameChars))
	}
	if arn := strings.SplitN(r.params.Get("RoleArn"), ":", 6); len(arn) != 6 || !strings.HasPrefix(arn[5], "role/") {
		checks = append(checks, invalid("%s is invalid", r.params.Get("RoleArn")))
	}
	return life, first(checks...)
}

// refusal is what a trust policy has against a request. See
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html for the words.
func (t Trust) refusal(r request, mfa bool, scope scopeDown) *refusal {
	switch {
	case t.Verdict != "":
		return r.mayNot("AssumeRole", " "+t.Verdict)
	case !t.allows(r.who, mfa, r.params.Get("ExternalId"), scope.SourceIdentity):
		return r.mayNot("AssumeRole", "")
	case t.NoTags && len(scope.Tags) > 0:
		return r.mayNot("TagSession", "")
	case t.NoSourceIdentity && scope.SourceIdentity != "":
		return r.mayNot("SetSourceIdentity", "")
	}
	return nil
}

// mayNot is that a caller is not allowed something on the role of the request.
func (r request) mayNot(action, why string) *refusal {
	return denied("User: %s is not authorized to perform: sts:%s on resource: %s%s", r.who.arn, action, r.params.Get("RoleArn"), why)
}

// allows evaluates a trust policy. Nothing in an answer tells which of its conditions failed.
func (t Trust) allows(who caller, mfa bool, externalID, sourceIdentity string) bool {
	named := slices.ContainsFunc(t.Principals, func(p string) bool {
		return p == "*" || p == who.principal || p == who.arn || p == who.account ||
			isRoot(p) && accountOf(p) == who.account
	})
	return named && (mfa || !t.RequireMFA) && (t.ExternalID == "" || t.ExternalID == externalID) &&
		(sourceIdentity != "" || !t.RequireSourceIdentity)
}
