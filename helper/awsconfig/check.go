package awsconfig

import (
	"fmt"
	"strings"

	"credmint/helper"
)

// client gathers how a service is to be called for a profile. Environment variables win over the files, as in the SDKs:
// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html.
func (r *resolver) client(s *section, service Service) (helper.Client, error) {
	c := helper.Client{
		FIPS:           isTrue(r.envOr("AWS_USE_FIPS_ENDPOINT", s, "use_fips_endpoint")),
		DualStack:      isTrue(r.envOr("AWS_USE_DUALSTACK_ENDPOINT", s, "use_dualstack_endpoint")),
		GlobalEndpoint: r.envOr("AWS_STS_REGIONAL_ENDPOINTS", s, "sts_regional_endpoints") == "legacy",
		CABundle:       r.envOr("AWS_CA_BUNDLE", s, "ca_bundle"),
		Region:         firstOf(r.getenv("AWS_REGION"), r.getenv("AWS_DEFAULT_REGION")),
	}
	if c.Region == "" {
		if set := s.lookup("region"); set != nil {
			if !ValidRegion(set.Value) {
				return c, errAt(set, "%q is no AWS region", set.Value)
			}
			c.Region = set.Value
		}
	}
	if c.Region != "" && !ValidRegion(c.Region) {
		return c, fmt.Errorf("AWS_REGION: %q is no AWS region", c.Region)
	}
	endpoint, err := r.endpoint(s, service)
	c.Endpoint = endpoint
	return c, err
}

// Variables are those of the environment that win over how profiles say that AWS is called, as they are set.
func Variables(getenv func(string) string) []helper.Setting {
	names := []string{
		"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_STS_REGIONAL_ENDPOINTS",
		"AWS_CA_BUNDLE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_ENDPOINT_URL",
	}
	for _, service := range []Service{STS, SSO, SSOOIDC, SignIn, IAM, RolesAnywhere, SecretsManager, ECR, ECRPublic} {
		names = append(names, endpointVariable(service))
	}
	var set []helper.Setting
	for _, name := range names {
		if value := getenv(name); value != "" {
			set = append(set, helper.Setting{Name: name, Value: value, File: "environment"})
		}
	}
	return set
}

func (r *resolver) envOr(variable string, s *section, setting string) string {
	if v := r.getenv(variable); v != "" {
		return v
	}
	return s.value(setting)
}

// checkEndpoint lets credentials travel in clear to this machine only.
func checkEndpoint(raw string) error {
	a, ok := parseAddress(raw)
	switch {
	case !ok || a.query || a.mark:
		return fmt.Errorf("%q is no endpoint: write https://host", raw)
	case a.scheme == "http" && !isLoopback(a.host):
		return fmt.Errorf("%q would send credentials in clear: http is for loopback addresses only", raw)
	}
	return nil
}

// regionOr gives a profile without a region the one where its partition's global services live. A session from there is
// good in every region.
func regionOr(region, partition string) string {
	if region != "" {
		return region
	}
	switch partition {
	case "aws-cn":
		return "cn-north-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	case "aws-eusc":
		return "eusc-de-east-1"
	case "aws-iso":
		return "us-iso-east-1"
	case "aws-iso-b":
		return "us-isob-east-1"
	case "aws-iso-e":
		return "eu-isoe-west-1"
	case "aws-iso-f":
		return "us-isof-south-1"
	default:
		return "us-east-1"
	}
}

// ValidRegion reports whether a name has the shape of a region's (letters, then words and one number, joined by dashes),
// so that it can become part of a host name. Which regions exist is AWS's to say.
func ValidRegion(name string) bool {
	words := strings.Split(name, "-")
	if len(words) < 3 || len(name) > 40 {
		return false
	}
	for i, w := range words {
		last := i == len(words)-1
		if w == "" || i == 0 && len(w) < 2 {
			return false
		}
		for _, c := range w {
			if isDigit := c >= '0' && c <= '9'; last != isDigit || !last && (c < 'a' || c > 'z') {
				return false
			}
		}
	}
	return true
}

func checkRoleARN(set *helper.Setting) error { return checkARN(set, "role", "role/") }

// checkARN takes the ARN of an IAM resource.
func checkARN(set *helper.Setting, kind, resource string) error {
	parts := strings.SplitN(set.Value, ":", 6)
	ok := len(parts) == 6 && parts[0] == "arn" && parts[1] != "" && parts[2] == "iam" && parts[3] == "" &&
		helper.AccountOf(set.Value) != "" && strings.HasPrefix(parts[5], resource) && len(parts[5]) > len(resource) &&
		!strings.ContainsAny(set.Value, " \t")
	if !ok {
		return errAt(set, "%q is no %s's ARN: write arn:aws:iam::ACCOUNT:%sNAME", set.Value, kind, resource)
	}
	return nil
}

// validSessionName is the rule of https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html.
func validSessionName(name string) bool {
	if len(name) < 2 || len(name) > 64 {
		return false
	}
	for _, c := range name {
		if !isWord(c) && !strings.ContainsRune("+=,.@-", c) {
			return false
		}
	}
	return true
}

func isWord(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

func isTrue(v string) bool { return strings.EqualFold(v, "true") }
