package awsconfig

import (
	"strings"
	"time"

	"credmint/helper"
)

// federationToken takes the profiles whose own access key makes sessions for a federated user: GetFederationToken.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html.
func (r *resolver) federationToken(s *section, _ string) (*helper.Profile, error) {
	name := s.lookup("federation_name")
	if name == nil {
		return nil, nil
	}
	text := r.sessionText(name.Value)
	if !validSessionName(text) || len(text) > 32 {
		return nil, errAt(name, "%q: AWS takes 2 to 32 letters, digits and _+=,.@- here", text)
	}
	ref, found, err := r.key(s)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, errAt(name, "a federated user's session is made with an access key, and the profile has none")
	case r.hasToken(s, ref):
		return nil, errAt(name, "a federated user's session is made with a long-lived access key, not with temporary credentials")
	case ref.Root():
		return nil, errAt(name, "the root user's key makes sessions that may do anything: use an IAM user's")
	}
	client, err := r.client(s, STS)
	if err != nil {
		return nil, err
	}
	p := &helper.Profile{
		Name: s.name, Kind: helper.Federation, Client: client, KeyRef: ref, Duration: userDuration,
		Inputs: &helper.FederatedUser{Name: text},
	}
	if p.Scope, err = r.scope(s); err != nil {
		return nil, err
	}
	if set := s.lookup("source_identity"); set != nil {
		return nil, errAt(set, "GetFederationToken takes none")
	}
	p.Client.Region = regionOr(p.Client.Region, p.Partition())
	return p, setDuration(s, &p.Duration, 15*time.Minute, 36*time.Hour)
}

// taskDuration is the longest, and by default the only, life of AssumeRoot's sessions.
const taskDuration = 15 * time.Minute

// rootTask takes the profiles that do one task as the root user of a member account: AssumeRoot.
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html.
func (r *resolver) rootTask(s *section, serial string) (*helper.Profile, error) {
	target, task := s.lookup("target_principal"), s.lookup("task_policy_arn")
	switch {
	case target == nil && task == nil:
		return nil, nil
	case target == nil:
		return nil, errAt(task, "a root task needs a target_principal: the member account's id")
	case task == nil:
		return nil, errAt(target, "a root task needs a task_policy_arn: arn:aws:iam::aws:policy/root-task/NAME")
	}
	if !isAccount(target.Value) && !(helper.AccountOf(target.Value) != "" && strings.HasSuffix(target.Value, ":root")) {
		return nil, errAt(target, "%q is no member account: write its id, or arn:aws:iam::ACCOUNT:root", target.Value)
	}
	if parts := strings.SplitN(task.Value, ":", 6); len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" ||
		parts[4] != "aws" || !strings.HasPrefix(parts[5], "policy/root-task/") {
		return nil, errAt(task, "%q is no root task's policy: write arn:aws:iam::aws:policy/root-task/NAME", task.Value)
	}
	from := s.lookup("source_profile")
	if from == nil || from.Value == s.name {
		return nil, errAt(target, "a root task needs a source_profile, whose identity may call AssumeRoot")
	}
	client, err := r.client(s, STS)
	if err != nil {
		return nil, err
	}
	client.GlobalEndpoint = false // only regional endpoints have AssumeRoot
	p := &helper.Profile{
		Name: s.name, Kind: helper.RootTask, Client: client, Duration: taskDuration,
		Inputs: &helper.RootTarget{TargetPrincipal: target.Value, TaskPolicyARN: task.Value},
	}
	if p.Source, err = r.sourceProfile(from, serial); err != nil {
		return nil, err
	}
	if err := mayAssume(p.Source); err != nil {
		return nil, err
	}
	p.Client.Region = regionOr(p.Client.Region, helper.PartitionOf(task.Value))
	return p, setDuration(s, &p.Duration, 0, taskDuration)
}
