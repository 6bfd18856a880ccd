package awstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// scopeDown is what a caller may add to a session that it asks for.
type scopeDown struct {
	Grant
	packed int // percent of what AWS's packed form may take; at least 1 where there is anything
}

// Limits of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. How AWS packs is not published:
// maxPacked is a size that AWS's examples of PackedPolicyTooLarge exceed as well.
const (
	maxPolicy = 2048
	maxARNs   = 10
	maxTags   = 50
	maxPacked = 4096
)

// scopeDown reads session policies, tags and source identity, with those that a chain inherits.
func (r request) scopeDown() (scopeDown, *refusal) {
	s := scopeDown{Grant: Grant{Policy: r.params.Get("Policy"), SourceIdentity: r.params.Get("SourceIdentity")}}
	for _, step := range []func(*scopeDown) *refusal{r.policies, r.tags, r.inherit, r.pack} {
		if failure := step(&s); failure != nil {
			return scopeDown{}, failure
		}
	}
	return s, nil
}

func (r request) policies(s *scopeDown) *refusal {
	s.PolicyARNs = r.list("PolicyArns", ".arn")
	if r.params.Has("Policy") {
		var document map[string]any
		if err := json.Unmarshal([]byte(s.Policy), &document); err != nil || document["Statement"] == nil {
			return refuse(http.StatusBadRequest, "MalformedPolicyDocument", "This policy contains invalid Json")
		}
		if failure := sized(s.Policy, "policy", 1, maxPolicy); failure != nil {
			return failure
		}
	}
	if len(s.PolicyARNs) > maxARNs {
		return constraint(fmt.Sprint(s.PolicyARNs), "policyArns", fmt.Sprintf("Member must have length less than or equal to %d", maxARNs))
	}
	for _, arn := range s.PolicyARNs {
		if failure := sized(arn, "policyArns", 20, 2048); failure != nil {
			return failure
		}
	}
	return nil
}

func (r request) tags(s *scopeDown) *refusal {
	keys, values := r.list("Tags", ".Key"), r.list("Tags", ".Value")
	if len(keys) != len(values) || len(keys) > maxTags {
		return constraint(fmt.Sprint(keys), "tags", fmt.Sprintf("Member must have length less than or equal to %d, and each a key and a value", maxTags))
	}
	s.Tags = map[string]string{}
	lower := map[string]bool{} // keys are compared without case
	for i, k := range keys {
		if failure := first(tagText(k, "tags.key", 1, 128), tagText(values[i], "tags.value", 0, 256)); failure != nil {
			return failure
		}
		if lower[strings.ToLower(k)] {
			return refuse(http.StatusBadRequest, "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		lower[strings.ToLower(k)] = true
		s.Tags[k] = values[i]
	}
	s.Transitive = r.list("TransitiveTagKeys", "")
	for _, k := range s.Transitive {
		if !lower[strings.ToLower(k)] {
			return refuse(http.StatusBadRequest, "InvalidParameterValue", "The specified transitive tag key must be included in the requested tags.")
		}
	}
	return nil
}

// inherit adds what the caller's own session hands on: transitive tags and the source identity, neither of which can be
// set anew: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining.
func (r request) inherit(s *scopeDown) *refusal {
	from := r.who.session
	if from == nil {
		return nil
	}
	for _, k := range from.Transitive {
		for set := range s.Tags {
			if strings.EqualFold(set, k) {
				return refuse(http.StatusBadRequest, "InvalidParameterValue", "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
			}
		}
		s.Tags[k] = from.Tags[k]
		s.Transitive = append(s.Transitive, k)
	}
	if from.SourceIdentity != "" {
		if s.SourceIdentity != "" && s.SourceIdentity != from.SourceIdentity {
			return r.mayNot("SetSourceIdentity", "")
		}
		s.SourceIdentity = from.SourceIdentity
	}
	return nil
}

func (r request) pack(s *scopeDown) *refusal {
	size := len(strings.Join(strings.Fields(s.Policy), "")) + len(strings.Join(s.PolicyARNs, ""))
	for k, v := range s.Tags {
		size += len(k) + len(v)
	}
	s.packed = (size*100 + maxPacked - 1) / maxPacked
	if s.packed > 100 {
		return refuse(http.StatusBadRequest, "PackedPolicyTooLarge", fmt.Sprintf("Packed size of session tags consumes %d%% of allotted space.", s.packed))
	}
	return nil
}

// list reads the query protocol's NAME.member.1SUFFIX and so on.
func (r request) list(name, suffix string) (values []string) {
	for i := 1; ; i++ {
		key := fmt.Sprintf("%s.member.%d%s", name, i, suffix)
		if !r.params.Has(key) {
			return values
		}
		values = append(values, r.params.Get(key))
	}
}

// tagText is AWS's [\p{L}\p{Z}\p{N}_.:/=+\-@]*.
func tagText(value, member string, least, most int) *refusal {
	if failure := sized(value, member, least, most); failure != nil {
		return failure
	}
	bad := strings.ContainsFunc(value, func(c rune) bool {
		return !unicode.In(c, unicode.L, unicode.Z, unicode.N) && !slices.Contains([]rune("_.:/=+-@"), c)
	})
	if bad {
		return constraint(value, member, `Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*`)
	}
	return nil
}
