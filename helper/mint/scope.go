package mint

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"credmint/helper"
)

// policy is the session policy as the SDK takes it.
func policy(s helper.Scope) *string { return orNil(s.Policy) }

func policyARNs(s helper.Scope) []types.PolicyDescriptorType {
	var out []types.PolicyDescriptorType
	for _, arn := range s.PolicyARNs {
		out = append(out, types.PolicyDescriptorType{Arn: aws.String(arn)})
	}
	return out
}

func tags(s helper.Scope) []types.Tag {
	var out []types.Tag
	for _, t := range s.Tags {
		out = append(out, types.Tag{Key: aws.String(t.Key), Value: aws.String(t.Value)})
	}
	return out
}

// orNil leaves out what is not set: to AWS an empty value is another thing than none.
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return aws.String(s)
}
