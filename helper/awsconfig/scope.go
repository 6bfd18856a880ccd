package awsconfig

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"strings"

	"credmint/helper"
	"credmint/helper/atomicfile"
	"credmint/helper/filename"
)

// AWS's bounds: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
const (
	maxPolicyFile = 64 << 10 // the file may be indented and is made compact
	maxPolicy     = 2048
	maxPolicyARNs = 10
	maxTags       = 50
	maxTagKey     = 128
	maxTagValue   = 256
)

// scope reads what narrows and labels a role's sessions.
func (r *resolver) scope(s *section) (sc helper.Scope, err error) {
	if set := s.lookup("session_policy"); set != nil {
		if sc.Policy, err = r.policy(set); err != nil {
			return sc, err
		}
	}
	if set := s.lookup("policy_arns"); set != nil {
		sc.PolicyARNs = words(set.Value)
		if err := checkPolicyARNs(set, sc.PolicyARNs); err != nil {
			return sc, err
		}
	}
	if set := s.lookup("source_identity"); set != nil {
		sc.SourceIdentity = r.sessionText(set.Value)
		if !validSessionName(sc.SourceIdentity) {
			return sc, errAt(set, "%q: AWS takes 2 to 64 letters, digits and _+=,.@- here", sc.SourceIdentity)
		}
	}
	return sc, r.tags(s, &sc)
}

// policy reads the session policy that a setting names, from the folder of the file that has the setting. Its text, not
// its name, decides the session.
func (r *resolver) policy(set *helper.Setting) (string, error) {
	path := set.Value
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		path = filename.Join(r.home, rest)
	}
	if !filename.IsAbs(path) {
		path = filename.Join(filename.Dir(set.File), path)
	}
	data, err := atomicfile.ReadLinked(path, maxPolicyFile)
	if err != nil {
		return "", errAt(set, "%w", err)
	}
	var text bytes.Buffer
	var document struct{ Statement json.RawMessage }
	if err := json.Compact(&text, data); err != nil {
		return "", errAt(set, "%s is no JSON: %w", path, err)
	}
	if err := json.Unmarshal(data, &document); err != nil || document.Statement == nil {
		return "", errAt(set, "%s is no policy: it has no Statement", path)
	}
	if text.Len() > maxPolicy {
		return "", errAt(set, "%s has %d characters without white space: AWS takes %d of a session policy", path, text.Len(), maxPolicy)
	}
	return text.String(), nil
}

func checkPolicyARNs(set *helper.Setting, arns []string) error {
	if len(arns) > maxPolicyARNs {
		return errAt(set, "%d policies: AWS takes %d", len(arns), maxPolicyARNs)
	}
	for _, arn := range arns {
		parts := strings.SplitN(arn, ":", 6)
		if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || !strings.HasPrefix(parts[5], "policy/") {
			return errAt(set, "%q is no policy's ARN: write arn:aws:iam::aws:policy/NAME", arn)
		}
	}
	return nil
}

// tags reads `session_tags = key=value, key=value` and which of them go on along a chain.
func (r *resolver) tags(s *section, sc *helper.Scope) error {
	set := s.lookup("session_tags")
	if set != nil {
		for _, pair := range words(set.Value) {
			key, value, ok := strings.Cut(pair, "=")
			key, value = strings.TrimSpace(key), r.fill(strings.TrimSpace(value))
			if !ok || key == "" || len(key) > maxTagKey || len(value) > maxTagValue {
				return errAt(set, "%q is no tag: write KEY=VALUE, with at most %d and %d characters", pair, maxTagKey, maxTagValue)
			}
			if slices.ContainsFunc(sc.Tags, func(t helper.Tag) bool { return strings.EqualFold(t.Key, key) }) {
				return errAt(set, "tag %q stands there twice (AWS takes no notice of upper and lower case)", key)
			}
			sc.Tags = append(sc.Tags, helper.Tag{Key: key, Value: value})
		}
		if len(sc.Tags) > maxTags {
			return errAt(set, "%d tags: AWS takes %d", len(sc.Tags), maxTags)
		}
	}
	onward := s.lookup("transitive_session_tags")
	if onward == nil {
		return nil
	}
	sc.TransitiveTags = words(onward.Value)
	for _, key := range sc.TransitiveTags {
		if !slices.ContainsFunc(sc.Tags, func(t helper.Tag) bool { return t.Key == key }) {
			return errAt(onward, "%q is none of the profile's session_tags", key)
		}
	}
	return nil
}

// words splits a list at its commas.
func words(list string) []string {
	var out []string
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}

// fill puts this machine's user and host into a template: "{user}@{host}". Nothing is looked up where neither stands.
func (r *resolver) fill(template string) string {
	text := template
	if strings.Contains(text, "{user}") {
		text = strings.ReplaceAll(text, "{user}", r.userName())
	}
	if strings.Contains(text, "{host}") {
		host, _ := os.Hostname() // without a name the place stays empty
		text = strings.ReplaceAll(text, "{host}", host)
	}
	return text
}

// userName is the account's on this machine, as the environment has it: on Unix in USER or LOGNAME, on Windows in USERNAME.
func (r *resolver) userName() string {
	return cmp.Or(r.getenv("USER"), r.getenv("LOGNAME"), r.getenv("USERNAME"))
}

// sessionText fills a template for a name that CloudTrail shows; what AWS does not take in one becomes a dash, and what is
// too long is cut. A text that is no template is left for AWS's rule to judge.
func (r *resolver) sessionText(template string) string {
	text := r.fill(template)
	if text == template {
		return text
	}
	clean := strings.Map(func(c rune) rune {
		if isWord(c) || strings.ContainsRune("+=,.@-", c) {
			return c
		}
		return '-'
	}, text)
	return clean[:min(len(clean), 64)]
}
